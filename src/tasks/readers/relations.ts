import { join } from 'node:path'
import { z } from 'zod'
import { bad } from '../../checkpoint/fault.ts'
import { readBounded } from '../../checkpoint/files.ts'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { parseStrictJson } from '../../checkpoint/strict-json.ts'
import { validate } from '../../results/issue.ts'
import { throwIfAborted } from '../../words/error.ts'
import type { Task } from '../../words/task.ts'
import { phrase } from './fields.ts'
import { homesOf, MAX_FILE_BYTES, missing, namesIn, subfolder } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'

const template = phrase.refine(t => t.split('{}').length === 2, 'must hold {} once, where the subject goes')
const relation = z.object({
  prompt_templates: z.tuple([template], template),
  prompt_templates_zs: z.array(template).optional(),
  samples: z
    .array(z.object({ subject: phrase, object: phrase }))
    .nonempty()
    .max(100_000),
})
const KINDS = ['bias', 'commonsense', 'factual', 'linguistic']
const RELATION = /^[\w-]{1,100}\.json$/

/**
 * Relations between a subject and an object (capitals, antonyms, instruments, …), one task a relation. Each sample is
 * put into the relation's first zero-shot template, without examples in front; as in the paper the relation is known
 * where the object is the likeliest next token, so the form is `next` and the metric accuracy over the vocabulary.
 * Objects of several tokens are dropped with the tokenizer at hand. No clusters: one template, one row a subject.
 */
export const relations: Reader = {
  id: 'relations',
  title: 'Relations of the linear relational embeddings study',
  source: 'https://github.com/evandez/relations (data/)',
  licence: 'MIT',
  paper: 'Hernandez et al. 2024, Linearity of Relation Decoding in Transformer Language Models',
  async read(folder, { signal } = {}) {
    const home = homesOf(folder, 'relations', 'data').find(h => KINDS.some(k => subfolder(h, k) !== undefined))
    if (home === undefined) throw missing(folder, 'relations', ['factual/*.json', 'linguistic/*.json', '…'])
    return KINDS.flatMap(kind => {
      const own = subfolder(home, kind)
      if (own === undefined) return []
      return namesIn(own, RELATION).map(name => {
        throwIfAborted(signal)
        return relationTask(memberFile(own, name) ?? join(own, name), name.slice(0, -5))
      })
    })
  },
}

function relationTask(path: string, name: string): Task {
  const bytes = readBounded(path, MAX_FILE_BYTES)
  if (bytes.length === 0) throw bad({ code: 'data-empty', file: path, found: 0 }, 'this file is empty.')
  const value = parseStrictJson(bytes, { file: path, maxDepth: 32 })
  const read = validate(relation, value, { file: path, root: 'relation', code: 'data' })
  const frame = read.prompt_templates_zs?.[0] ?? read.prompt_templates[0]
  const prompts = read.samples.map(({ subject, object }) => ({
    text: frame.replace('{}', () => subject),
    answers: [continued(object)],
  }))
  return taskOf({ name: `relations/${name}`, form: 'next', metric: 'accuracy', prompts }, path)
}
