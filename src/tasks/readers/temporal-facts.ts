import { z } from 'zod'
import { phrase, text } from './fields.ts'
import { onlyFile } from './folder.ts'
import { continued, groupBy, type PairRow, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ relation: phrase, subject: phrase, year: z.number().int(), prompt: text, answer: phrase })
type Row = z.infer<typeof row>

/**
 * Facts that change with the year ("In 1982, the chief executive of Microsoft was"), one task a relation. The corrupt
 * twin asks for the nearest year of the same subject with another answer, and that answer is the distractor, so that
 * only what depends on the year counts. Names have several tokens: form `sequence`, log-probability of the answer less
 * that of the distractor. Cluster: the rows of one subject that share an answer.
 */
export const temporalFacts: Reader = {
  id: 'temporal_facts',
  title: 'Facts that change with the year',
  source: 'compiled by hand; a file of rows {relation, subject, year, prompt, answer}',
  licence: 'CC0 1.0',
  paper: 159,
  async read(folder) {
    const path = onlyFile(folder, 'temporal_facts', ['temporal_facts.jsonl'])
    const relations = groupBy(readRecords(path, row), r => r.relation)
    return [...relations]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([relation, rows]) =>
        taskOf(
          {
            name: `temporal_facts/${relation}`,
            form: 'sequence',
            metric: 'sequence_logprob',
            pairs: [...groupBy(rows, r => r.subject).values()].flatMap(pairsOf),
          },
          path,
        ),
      )
  },
}

/** Pairs for one subject, by year; a subject with a single answer has none. */
function pairsOf(rows: readonly Row[]): PairRow[] {
  const sorted = rows.toSorted((a, b) => a.year - b.year)
  const earlier = nearestOther(sorted)
  const later = nearestOther(sorted.toReversed()).toReversed()
  return sorted.flatMap((clean, i) => {
    const [before, after] = [earlier[i], later[i]]
    const near = !before || (after && after.year - clean.year < clean.year - before.year) ? after : before
    if (near === undefined) return []
    return {
      clean: clean.prompt,
      corrupt: near.prompt,
      answers: [continued(clean.answer)],
      distractors: [continued(near.answer)],
      template: `${clean.subject}: ${clean.answer}`,
    }
  })
}

/** For each row the last one before it with another answer. */
function nearestOther(rows: readonly Row[]): (Row | undefined)[] {
  const others: (Row | undefined)[] = []
  for (const [i, row] of rows.entries()) {
    const last = rows[i - 1]
    others.push(last === undefined || last.answer !== row.answer ? last : others[i - 1])
  }
  return others
}
