import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { load } from '../../src/index.ts'
import { accuracyOf, prepareTask } from '../../src/tasks/prepare.ts'
import type { Tokenizer } from '../../src/text/tokenizer.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { type Task, taskSchema } from '../../src/words/task.ts'
import '../support/cache.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  await using m = await load('specimen', { threads: 1 })
  tokenizer = await m.tokenizer()
})

const piece = fc.constantFrom(
  ' Tom',
  ' saw',
  'a',
  ' ',
  '\n',
  'é',
  '👍',
  '17',
  ' Mary',
  '.',
  '<|endoftext|>',
  ' antidisestablish',
)
const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map(p => p.join(''))
const words = fc.array(text, { minLength: 1, maxLength: 3 })
const answers = { answers: words, distractors: fc.option(words, { nil: undefined }) }
const rows = fc.oneof(
  fc.record({ prompts: fc.array(fc.record({ text, ...answers }), { minLength: 1, maxLength: 4 }) }),
  fc.record({
    pairs: fc.array(fc.record({ clean: text, corrupt: text, ...answers }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ pairs: fc.array(fc.record({ clean: text, corrupt: text }), { minLength: 1, maxLength: 4 }) }),
)
const head = fc.record({
  name: fc.constant('t'),
  form: fc.constantFrom('next', 'sequence', 'pair'),
  metric: fc.constantFrom('logit_diff', 'prob_diff', 'sequence_logprob', 'loss', 'kl', 'accuracy'),
})
/** Tasks that the schema takes, of all forms. */
const tasks = fc
  .tuple(head, rows)
  .map(([h, r]) => taskSchema.safeParse(JSON.parse(JSON.stringify({ ...h, ...r }))))
  .filter(parsed => parsed.success)
  .map(parsed => parsed.data as Task)

const RUNS = 300

test('every row is an item or left out, every sample is read where there is something to read', async () => {
  let asked = 0
  await fc.assert(
    fc.asyncProperty(tasks, async task => {
      const prepared = await prepareTask(task, tokenizer).catch((error: unknown) => {
        expect(error).toBeInstanceOf(HeadwiseError)
        return undefined
      })
      if (!prepared) return
      asked += 1
      const { samples, items, dropped } = prepared
      expect(items.length + dropped.length).toBe((task.prompts ?? task.pairs).length)
      expect(new Set(items.flatMap(i => i.samples)).size).toBe(samples.length)
      expect(new Set(samples.map(s => JSON.stringify([s.ids, s.read]))).size).toBe(samples.length)
      for (const { ids, read, text: whole } of samples) {
        expect(ids).toEqual(await tokenizer.encode(whole))
        if (read.metric === 'sequence_logprob') expect(read.from >= 1 && read.from < ids.length).toBe(true)
        if (read.metric === 'loss') expect(ids.length).toBeGreaterThan(1)
        if ('answers' in read) expect(read.distractors.filter(d => read.answers.includes(d))).toEqual([])
      }
      for (const item of items) expect(item.value(item.samples.map(() => -1))).not.toBeNaN()
    }),
    { numRuns: RUNS, seed: 5 },
  )
  expect(asked).toBeGreaterThan(RUNS / 4)
})

test('both sides of pairs leave out the same rows; right or wrong is 0 or 1', async () => {
  await fc.assert(
    fc.asyncProperty(tasks, async task => {
      const read = await accuracyOf(task, tokenizer)
      for (const item of read?.items ?? [])
        if (task.form !== 'next') expect([0, 1]).toContain(item.value(item.samples.map((_, i) => -i)))
      if (!task.pairs || task.form === 'pair') return
      const [clean, corrupt] = await Promise.all(
        (['clean', 'corrupt'] as const).map(side => prepareTask(task, tokenizer, side).catch(() => undefined)),
      )
      expect(corrupt?.items.map(i => i.row)).toEqual(clean?.items.map(i => i.row))
    }),
    { numRuns: RUNS, seed: 6 },
  )
})
