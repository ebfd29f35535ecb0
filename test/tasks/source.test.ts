import { expect, test } from 'vitest'
import { checkTask } from '../../src/results/input.ts'
import { given } from '../../src/tasks/source.ts'
import { refusal } from '../support/refusal.ts'
import { wordTokenizer } from '../support/word-tokenizer.ts'

const texts = Array.from({ length: 20 }, (_, i) => `row ${i}`)
const task = checkTask(
  { name: 't', form: 'next', metric: 'loss', prompts: texts.map(text => ({ text, answers: [' a'] })) },
  't',
)
const rowsOf = ({ prompts }: typeof task) => prompts!.map(p => p.text)
const source = given(task, 'a title')
const draw = async (n: number, seed = 0) => await source.make(wordTokenizer(), { n, seed })

test('some rows: as many as asked for, different, in their order, by the seed', async () => {
  const { task: made, notes, dropped } = await draw(7, 1)
  const some = rowsOf(made)
  expect(some).toHaveLength(7)
  expect(some).toEqual(texts.filter(t => some.includes(t)))
  expect(rowsOf((await draw(7, 1)).task)).toEqual(some)
  expect(rowsOf((await draw(7, 2)).task)).not.toEqual(some)
  expect({ notes, dropped }).toEqual({ notes: ['7 of 20 rows drawn'], dropped: [] })
})

test('all of it where nobody says how many, or where there are not more', async () => {
  const all = { task, notes: [], dropped: [] }
  expect(await source.make(wordTokenizer())).toEqual(all)
  expect(await draw(20)).toEqual(all)
})

test('rows that the tokenizer cannot be asked are drawn past, and told of by their place', async () => {
  const prompts = texts.map((text, i) => ({ text, answers: [i % 2 === 0 ? ' a' : ' a b'] }))
  const half = checkTask({ name: 't', form: 'next', metric: 'accuracy', prompts }, 't')
  const { task: made, dropped, notes } = await given(half, 'x').make(wordTokenizer(), { n: 8 })
  expect(rowsOf(made)).toHaveLength(8)
  for (const { answers } of made.prompts!) expect(answers).toEqual([' a'])
  expect(dropped.length).toBeGreaterThan(0)
  for (const why of dropped) expect(why).toMatch(/^prompts\[\d*[13579]\]: " a b" is 2 tokens, not one$/)
  expect(notes).toEqual(['8 of 20 rows drawn'])
})

test('a task that cannot be asked at all is refused, by a row', async () => {
  const prompts = texts.map(text => ({ text, answers: [' a b'] }))
  const none = checkTask({ name: 't', form: 'next', metric: 'accuracy', prompts }, 't')
  expect(await refusal(() => given(none, 'x').make(wordTokenizer(), { n: 8 }))).toMatchObject({
    code: 'task-empty',
    found: expect.stringMatching(/^prompts\[\d+\]: " a b" is 2 tokens, not one$/),
  })
})

test('drawing stops when told to', async () => {
  const o = { n: 8, signal: AbortSignal.abort() }
  expect(await refusal(() => source.make(wordTokenizer(), o))).toMatchObject({ code: 'interrupted' })
})
