import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { taskSamples } from '../../src/library/task-samples.ts'
import { checkTask } from '../../src/results/input.ts'
import '../support/cache.ts'
import { refusal } from '../support/refusal.ts'

let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 1 })
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})
const LONG = ' antidisestablishmentarianism'
const row = (answer: string) => ({ text: 'Tom gave a coin to', answers: [answer], distractors: [' Tom'] })
const task = (fields: object) =>
  checkTask({ name: 'names', form: 'next', metric: 'logit_diff', prompts: [row(' Mary')], ...fields }, 'task')
const samples = async (fields: object) => await taskSamples(task(fields), await m.tokenizer())

test('prompts as they are fed, answers and distractors as single tokens', async () => {
  const t = await m.tokenizer()
  const [mary, tom] = [await t.encode(' Mary', { first: false }), await t.encode(' Tom', { first: false })]
  expect(await samples({})).toEqual({
    samples: [
      { ids: await t.encode('Tom gave a coin to'), text: 'Tom gave a coin to', answers: mary, distractors: tom },
    ],
    dropped: [],
  })
})
test('of pairs, the clean side', async () => {
  const { text: clean, ...rest } = row(' Mary')
  const { samples: found } = await taskSamples(
    checkTask(
      { name: 'names', form: 'next', metric: 'logit_diff', pairs: [{ clean, corrupt: 'Mary gave', ...rest }] },
      't',
    ),
    await m.tokenizer(),
  )
  expect(found[0]!.text).toBe(clean)
})
test('a prompt whose answer is several tokens is dropped and named by its row; a task of nothing else is refused', async () => {
  const { samples: found, dropped } = await samples({ prompts: [row(' Mary'), row(LONG)] })
  expect(found).toHaveLength(1)
  expect(dropped).toEqual([`prompts[1]: ${JSON.stringify(LONG)} is not one token`])
  expect(await refusal(() => samples({ prompts: [row(LONG)] }))).toMatchObject({ code: 'task', where: 'prompts' })
  expect((await samples({ metric: 'loss', prompts: [row(LONG)] })).dropped).toEqual([])
})
test.each([
  ['form', { form: 'sequence' }],
  ['metric', { metric: 'kl' }],
])('another %s is refused', async (where, fields) => {
  expect(await refusal(() => samples(fields))).toMatchObject({ code: 'task', fault: 'usage', where })
})
