import { z } from 'zod'
import { phrase, text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { continued, groupBy, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ hop1: phrase, hop2: phrase, bridge: phrase, answer: phrase, prompt: text })
const last = (relation: string): string => relation.split('/').at(-1) ?? relation

/**
 * Two relations in one question ("The capital city of the country where Bastille is located is"), joined over a bridge
 * entity that the prompt does not name; one task for each pair of relations. The answer must be the likeliest next
 * token. Cluster: the bridge, on which the second hop alone depends.
 */
export const twoHop: Reader = {
  id: 'two_hop',
  title: 'Two-hop questions over a bridge entity',
  source: 'composed from https://github.com/evandez/relations; rows {hop1, hop2, subject, bridge, answer, prompt}',
  licence: 'MIT',
  paper: 248,
  async read(folder) {
    const path = onlyFile(folder, 'two_hop', ['two_hop.jsonl'])
    const compositions = groupBy(readRecords(path, row), r => `two_hop/${last(r.hop1)}+${last(r.hop2)}`)
    return [...compositions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, rows]) => {
        const prompts = rows.map(r => ({ text: r.prompt, answers: [continued(r.answer)], template: r.bridge }))
        return taskOf({ name, form: 'next', metric: 'accuracy', prompts }, path)
      })
  },
}
