import { describe, expect, test } from 'vitest'
import { taskSchema } from '../../src/words/task.ts'

const row = { text: 'A, B and', answers: [' A'], distractors: [' B'] }
const head = { name: 't', form: 'next', metric: 'logit_diff' }
const accepts = (task: unknown): boolean => taskSchema.safeParse(task).success

test('rows are prompts or pairs, one list of them, not empty', () => {
  const pair = { clean: 'A', corrupt: 'B', answers: [' A'], distractors: [' B'] }
  expect(accepts({ ...head, prompts: [row] })).toBe(true)
  expect(accepts({ ...head, pairs: [pair] })).toBe(true)
  for (const rows of [
    {},
    { prompts: [] },
    { pairs: [] },
    { prompts: [row], pairs: [pair] },
    { prompts: [pair] },
    { pairs: [row] },
  ])
    expect(accepts({ ...head, ...rows })).toBe(false)
})

test('an answer is never a distractor', () => {
  expect(accepts({ ...head, prompts: [{ ...row, answers: [' A', ' C'] }] })).toBe(true)
  expect(accepts({ ...head, prompts: [row, { ...row, answers: [' C', ' B'] }] })).toBe(false)
})

test('metrics that compare need distractors, others do not', () => {
  const prompts = [{ text: 'A', answers: [' A'] }]
  for (const metric of ['loss', 'kl', 'accuracy', 'sequence_logprob'])
    expect(accepts({ ...head, metric, prompts })).toBe(true)
  for (const metric of ['logit_diff', 'prob_diff']) {
    expect(accepts({ ...head, metric, prompts })).toBe(false)
    expect(accepts({ ...head, metric, prompts: [row] })).toBe(true)
  }
})

test('names, texts and answers are never empty', () => {
  for (const wrong of [{ text: '' }, { answers: [] }, { answers: [''] }, { distractors: [''] }])
    expect(accepts({ ...head, prompts: [{ ...row, ...wrong }] })).toBe(false)
  expect(accepts({ ...head, name: '', prompts: [row] })).toBe(false)
})

describe('form sequence', () => {
  const sequence = { ...head, form: 'sequence' }
  test('is read as a log-probability or as right or wrong', () => {
    for (const metric of ['sequence_logprob', 'accuracy'])
      expect(accepts({ ...sequence, metric, prompts: [row] })).toBe(true)
    for (const metric of ['logit_diff', 'prob_diff', 'loss', 'kl'])
      expect(accepts({ ...sequence, metric, prompts: [row] })).toBe(false)
  })

  test('right or wrong needs something to compare with', () => {
    const prompts = [{ text: 'A', answers: [' A'] }]
    expect(accepts({ ...sequence, metric: 'sequence_logprob', prompts })).toBe(true)
    expect(accepts({ ...sequence, metric: 'accuracy', prompts })).toBe(false)
  })
})

describe('form pair', () => {
  const texts = { clean: 'The cats sleep.', corrupt: 'The cats sleeps.' }
  const contrast = { ...head, form: 'pair', metric: 'sequence_logprob', pairs: [texts] }

  test('has two texts and no answers; the other forms have answers', () => {
    expect(accepts(contrast)).toBe(true)
    expect(accepts({ ...contrast, metric: 'accuracy', pairs: [{ ...texts, template: 'x' }] })).toBe(true)
    for (const extra of [{ answers: [' A'] }, { distractors: [' B'] }])
      expect(accepts({ ...contrast, pairs: [{ ...texts, ...extra }] })).toBe(false)
    expect(accepts({ ...contrast, form: 'next' })).toBe(false)
    expect(accepts({ ...contrast, form: 'sequence' })).toBe(false)
  })

  test('is made of pairs, of different texts, and of no metric of single tokens', () => {
    const { pairs: _, ...bare } = contrast
    expect(accepts({ ...bare, prompts: [row] })).toBe(false)
    expect(accepts({ ...contrast, pairs: [{ clean: 'A', corrupt: 'A' }] })).toBe(false)
    for (const metric of ['logit_diff', 'prob_diff', 'loss', 'kl']) expect(accepts({ ...contrast, metric })).toBe(false)
  })
})
