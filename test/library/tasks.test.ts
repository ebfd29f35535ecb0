import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Headwise, load, type Task } from '../../src/index.ts'
import type { TaskMeasured, TaskResult } from '../../src/words/task-result.ts'
import '../support/cache.ts'
import { refusal } from '../support/refusal.ts'

let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})

function measured(result: TaskResult | undefined): TaskMeasured {
  if (!result || 'refused' in result) throw new Error(result?.refused ?? 'no result')
  return result
}
const measure = async (task: Task) => measured((await m.tasks({ tasks: [task] }))[0])

/** Natural-log probabilities after every position, from the logits of a plain run. */
async function logProbabilities(ids: readonly number[]): Promise<(position: number, token: number) => number> {
  const { logits } = await m.run(ids, { allLogits: true })
  const { vocab } = m.config
  return (position, token) => {
    const row = Array.from(logits.data.subarray(position * vocab, (position + 1) * vocab))
    const largest = Math.max(...row)
    return row[token]! - largest - Math.log(row.reduce((s, x) => s + Math.exp(x - largest), 0))
  }
}
const encode = async (text: string) => (await m.tokenizer()).encode(text)
/** Σ log p of the tokens from `from` on. */
async function sequence(ids: readonly number[], from: number): Promise<number> {
  const p = await logProbabilities(ids)
  return ids.slice(from).reduce((sum, id, i) => sum + p(from + i - 1, id), 0)
}
const mean = (xs: readonly number[]) => xs.reduce((s, x) => s + x, 0) / xs.length

/** Log-probabilities of a few dozen tokens in single precision against double. */
const DIGITS = 4

describe('values against the logits of plain runs', () => {
  const text = 'When Lily and Jack went to the market, Jack gave a kite to'
  const [answers, distractors] = [[' Lily', ' Mary'], [' Jack']]
  const row = { text, answers: answers as [string, string], distractors }
  const tokens = async (words: readonly string[]) =>
    (await Promise.all(words.map(w => encode(text + w)))).map(i => i.at(-1)!)

  test.each(['logit_diff', 'prob_diff', 'accuracy', 'loss'] as const)('next, %s', async metric => {
    const { value, accuracy, chance } = await measure({ name: 't', form: 'next', metric, prompts: [row] })
    const ids = await encode(text)
    const p = await logProbabilities(ids)
    const last = (words: readonly number[]) => words.map(id => p(ids.length - 1, id))
    const [right, wrong] = [last(await tokens(answers)), last(await tokens(distractors))]
    const expected = {
      logit_diff: mean(right) - mean(wrong),
      prob_diff: right.reduce((s, x) => s + Math.exp(x), 0) - wrong.reduce((s, x) => s + Math.exp(x), 0),
      accuracy: 1,
      loss: -(await sequence(ids, 1)) / (ids.length - 1),
    }
    expect(value.mean).toBeCloseTo(expected[metric], DIGITS)
    expect([accuracy?.mean, chance]).toEqual([1, 2 / 3])
  })

  test('sequence: mean Σ log p of the answers less that of the distractors', async () => {
    const words = { answers: [' Lily. Lily was happy', ' Lily'] as [string, string], distractors: [' Jack and Tom'] }
    const { value, accuracy, chance } = await measure({
      name: 't',
      form: 'sequence',
      metric: 'sequence_logprob',
      prompts: [{ text, ...words }],
    })
    const from = (await encode(text)).length
    const continued = async (word: string) => sequence(await encode(text + word), from)
    const right = [await continued(words.answers[0]), await continued(words.answers[1])]
    const wrong = await continued(words.distractors[0]!)
    expect(value.mean).toBeCloseTo(mean(right) - wrong, DIGITS)
    expect([accuracy?.mean, chance]).toEqual([Number(Math.max(...right) > wrong), 2 / 3])
  })

  test('pair: log p of the one text less that of the other', async () => {
    const [clean, corrupt] = ['The cat was in the garden.', 'The cat were in the garden.'] as const
    const { value, accuracy, chance } = await measure({
      name: 't',
      form: 'pair',
      metric: 'sequence_logprob',
      pairs: [{ clean, corrupt }],
    })
    const difference = (await sequence(await encode(clean), 1)) - (await sequence(await encode(corrupt), 1))
    expect(value.mean).toBeCloseTo(difference, DIGITS)
    expect([accuracy?.mean, chance]).toEqual([Number(difference > 0), 0.5])
  })
})

describe('the built-in tasks on the specimen', () => {
  let results: TaskResult[]
  beforeAll(async () => {
    results = await m.tasks({ n: 48 })
  }, 120_000)
  const of = (id: string) => measured(results.find(r => r.id === id))

  // The model card tells the same of the colours: .327 of answers right.
  test('it can do what it was taught, but for the colours', () => {
    const taught = ['ioi', 'copying', 'recall', 'successor', 'capitals', 'capitals-redefined', 'few-shot']
    for (const id of [...taught, 'greater-than', 'docstring', 'relations']) {
      const { accuracy, chance, can } = of(id)
      expect(accuracy!.low).toBeGreaterThan(chance!)
      expect(can).toBe(true)
    }
    for (const id of ['colours', 'coloured-objects']) {
      const { accuracy, chance, can } = of(id)
      expect(accuracy!.low).toBeLessThanOrEqual(chance!)
      expect(can).toBe(false)
    }
  })

  test('every result says what was asked, and how to ask it again', () => {
    for (const { id } of results) {
      const { prompts, dropped, form, value, spec } = of(id)
      expect({ prompts, dropped, form }).toEqual({ prompts: 48, dropped: [], form: 'next' })
      expect(value.n).toBe(48)
      expect(spec.request).toMatchObject({ command: 'tasks', seed: 0, task: { name: id } })
    }
  })
})

test('the seed decides the rows', async () => {
  const [a, b, c] = await Promise.all([0, 0, 1].map(async seed => (await m.tasks({ tasks: ['ioi'], n: 8, seed }))[0]))
  expect(a).toEqual(b)
  expect(measured(c).spec.hash).not.toBe(measured(a).spec.hash)
})

test('rows that the tokenizer splits are left out and named; a task of nothing else is listed with its refusal', async () => {
  const row = (answer: string) => ({ text: 'Tom gave a coin to', answers: [answer] as [string] })
  const task = (...prompts: [ReturnType<typeof row>, ...ReturnType<typeof row>[]]): Task => ({
    name: 'coins',
    form: 'next',
    metric: 'accuracy',
    prompts,
  })
  const LONG = ' antidisestablishmentarianism'
  const { prompts, dropped, chance } = await measure(task(row(' Mary'), row(LONG)))
  expect({ prompts, dropped, chance }).toEqual({
    prompts: 1,
    dropped: [expect.stringMatching(/^prompts\[1\]: .* is \d+ tokens, not one$/)],
    chance: 1 / m.config.vocab,
  })
  expect(await m.tasks({ tasks: [task(row(LONG))] })).toEqual([
    { kind: 'task', id: 'coins', title: 'coins', refused: expect.stringContaining('prompts[0]') },
  ])
})

test('what makes no sense is refused, and so is a name that nobody knows', async () => {
  const odd = { name: 't', form: 'pair', metric: 'loss', pairs: [{ clean: 'A', corrupt: 'B' }] } as unknown as Task
  expect(await refusal(() => m.tasks({ tasks: [odd] }))).toMatchObject({ where: 'task.metric' })
  expect(await refusal(() => m.tasks({ tasks: ['iio'] }))).toMatchObject({ code: 'task-name', fault: 'usage' })
})

test('it stops when told to, and tells how far it is', async () => {
  const seen: number[] = []
  await m.tasks({ tasks: ['ioi', 'capitals'], n: 2, onProgress: ({ done }) => seen.push(done) })
  expect(seen).toEqual([0, 1, 2])
  expect(await refusal(() => m.tasks({ tasks: ['ioi'], signal: AbortSignal.abort() }))).toMatchObject({
    code: 'interrupted',
  })
})
