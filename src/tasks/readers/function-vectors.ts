import { join } from 'node:path'
import { z } from 'zod'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { throwIfAborted } from '../../words/error.ts'
import type { Task } from '../../words/task.ts'
import { phrase } from './fields.ts'
import { homesOf, missing, namesIn, subfolder } from './folder.ts'
import { inContextPairs } from './in-context.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ input: phrase, output: phrase })
const KINDS = ['abstractive', 'extractive']
const TASK = /^[\w-]{1,100}\.json$/

/**
 * In-context tasks (antonyms, capitals, the first of a list, …) as ten-shot prompts whose corrupt twin has shuffled
 * labels. Scored as in the paper, by the likeliest next token (accuracy over the vocabulary): form `next`. No clusters:
 * every prompt has shots of its own.
 */
export const functionVectors: Reader = {
  id: 'function_vectors',
  title: 'Function-vector tasks: in-context learning from ten examples',
  source: 'https://github.com/ericwtodd/function_vectors (dataset_files/)',
  licence: 'MIT',
  paper: 98,
  async read(folder, { signal } = {}) {
    const homes = homesOf(folder, 'function_vectors', 'dataset_files')
    const home = homes.find(h => KINDS.some(k => subfolder(h, k) !== undefined))
    if (home === undefined) throw missing(folder, 'function_vectors', ['abstractive/*.json', 'extractive/*.json'])
    return KINDS.flatMap(kind => tasksOf(subfolder(home, kind), signal))
  },
}

function tasksOf(folder: string | undefined, signal: AbortSignal | undefined): Task[] {
  if (folder === undefined) return []
  return namesIn(folder, TASK).map(file => {
    throwIfAborted(signal)
    const path = memberFile(folder, file) ?? join(folder, file)
    const name = `function_vectors/${file.slice(0, -5)}`
    const pairs = inContextPairs(readRecords(path, row), name, path)
    return taskOf({ name, form: 'next', metric: 'accuracy', pairs }, path)
  })
}
