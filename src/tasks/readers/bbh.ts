import { join } from 'node:path'
import { z } from 'zod'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { throwIfAborted } from '../../words/error.ts'
import type { Task } from '../../words/task.ts'
import { phrase, text } from './fields.ts'
import { homesOf, missing, namesIn } from './folder.ts'
import { continued, type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ input: text, target: phrase })
const TASK = /^[a-z_\d]{1,100}\.jsonl?$/
/** With more different targets than this a task asks for free text, not for a choice. */
const MOST_CHOICES = 32

/**
 * Twenty-three kinds of reasoning of BIG-bench, in the paper's answer-only format "Q: …\nA:" but without its three
 * examples, which are prompts of the repository and not data. Form `sequence`. Where a row lists options, or the targets
 * of the file are a small set (Yes and No, numbers), the metric is the accuracy of choosing among them by
 * log-probability; elsewhere (sorted words, closing brackets) it is the log-probability of the target.
 */
export const bbh: Reader = {
  id: 'bbh',
  title: 'BIG-Bench Hard',
  source: 'https://github.com/suzgunmirac/BIG-Bench-Hard (bbh/)',
  licence: 'MIT (BIG-Bench-Hard), Apache-2.0 (BIG-bench)',
  paper: 'Suzgun et al. 2022, Challenging BIG-Bench Tasks and Whether Chain-of-Thought Can Solve Them',
  async read(folder, { signal } = {}) {
    const home = homesOf(folder, 'bbh', 'bbh').find(h => namesIn(h, TASK).length > 0)
    if (home === undefined) throw missing(folder, 'bbh', ['boolean_expressions.json', '…'])
    return namesIn(home, TASK).map(file => {
      throwIfAborted(signal)
      return taskOfFile(memberFile(home, file) ?? join(home, file), file.replace(/\.jsonl?$/, ''))
    })
  },
}

function taskOfFile(path: string, name: string): Task {
  const rows = readRecords(path, row, 'examples')
  const targets = [...new Set(rows.map(r => continued(r.target)))].slice(0, MOST_CHOICES + 1)
  const prompts = rows.map(({ input, target }) => {
    const options = optionsOf(input)
    const choices = options.length > 0 ? options : targets.length <= MOST_CHOICES ? targets : []
    const answer = continued(target)
    const others = choices.filter(c => c !== answer)
    return {
      text: `Q: ${input}\nA:`,
      answers: [answer],
      distractors: others.length > 0 ? others : undefined,
    }
  })
  const metric = prompts.every(p => p.distractors) ? 'accuracy' : 'sequence_logprob'
  return taskOf({ name: `bbh/${name}`, form: 'sequence', metric, prompts }, path)
}

/** The letters of the lines "(A) …" after "Options:", brackets included. */
function optionsOf(input: string): string[] {
  const at = input.lastIndexOf('\nOptions:\n')
  return at < 0 ? [] : [...new Set(input.slice(at).match(/^\([A-Z]\)(?= )/gm))].map(continued)
}
