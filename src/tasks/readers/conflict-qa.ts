import { join } from 'node:path'
import { z } from 'zod'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { throwIfAborted } from '../../words/error.ts'
import { phrase, text } from './fields.ts'
import { homesOf, missing, namesIn } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({
  question: phrase,
  memory_answer: phrase,
  parametric_memory: text,
  counter_answer: phrase,
  counter_memory: text,
})
const FILE = /^(?:conflict_qa\.jsonl|conflictQA-[\w.-]{1,100}\.json)$/

/**
 * Questions with a passage that contradicts what a model says from memory (clean) and one that agrees with it (corrupt).
 * The paper asks the model and judges what it writes; here its two stated answers are compared, form `sequence`: the
 * log-probability of the passage's claim less that of memory's. The prompt is the passage, then "Q: …\nA:".
 * Rows whose two answers are the same are left out.
 */
export const conflictQa: Reader = {
  id: 'conflict_qa',
  title: 'ConflictQA: passages against memory',
  source: 'https://github.com/OSU-NLP-Group/LLM-Knowledge-Conflict (conflictQA/)',
  licence: 'Apache-2.0 (questions: StrategyQA, MIT)',
  paper: 'Xie et al. 2024, Adaptive Chameleon or Stubborn Sloth',
  async read(folder, { signal } = {}) {
    const home = homesOf(folder, 'conflict_qa', 'conflictQA').find(h => namesIn(h, FILE).length > 0)
    if (home === undefined) throw missing(folder, 'conflict_qa', ['conflict_qa.jsonl', 'conflictQA-*.json'])
    return namesIn(home, FILE).map(file => {
      throwIfAborted(signal)
      const path = memberFile(home, file) ?? join(home, file)
      const name = file.replace(/^conflictQA-(.*)\.json$/, 'conflict_qa/$1').replace(/\.jsonl$/, '')
      const pairs = readRecords(path, row).flatMap(r => {
        if (r.memory_answer.trim() === r.counter_answer.trim()) return []
        const after = `\nQ: ${r.question}\nA:`
        return {
          clean: r.counter_memory.trim() + after,
          corrupt: r.parametric_memory.trim() + after,
          answers: [continued(r.counter_answer)],
          distractors: [continued(r.memory_answer)],
        }
      })
      return taskOf({ name, form: 'sequence', metric: 'sequence_logprob', pairs }, path)
    })
  },
}
