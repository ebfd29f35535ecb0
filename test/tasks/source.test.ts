import { expect, test } from 'vitest'
import { checkTask } from '../../src/results/input.ts'
import { given, someRows } from '../../src/tasks/source.ts'
import { wordTokenizer } from '../support/word-tokenizer.ts'

const texts = Array.from({ length: 20 }, (_, i) => `row ${i}`)
const task = checkTask(
  { name: 't', form: 'next', metric: 'loss', prompts: texts.map(text => ({ text, answers: [' a'] })) },
  't',
)
const rowsOf = ({ prompts }: typeof task) => prompts!.map(p => p.text)

test('some rows: as many as asked for, different, in their order, by the seed', () => {
  const some = rowsOf(someRows(task, 7, 1))
  expect(some).toHaveLength(7)
  expect(some).toEqual(texts.filter(t => some.includes(t)))
  expect(rowsOf(someRows(task, 7, 1))).toEqual(some)
  expect(rowsOf(someRows(task, 7, 2))).not.toEqual(some)
  expect(someRows(task, 20, 1)).toBe(task)
})

test('a task as given: all of it unless fewer rows are asked for, which is told', async () => {
  const source = given(task, 'a title')
  expect(await source.make(wordTokenizer())).toEqual({ task, notes: [] })
  expect(await source.make(wordTokenizer(), { n: 50 })).toEqual({ task, notes: [] })
  const { task: some, notes } = await source.make(wordTokenizer(), { n: 3, seed: 1 })
  expect(some).toEqual(someRows(task, 3, 1))
  expect(notes).toEqual(['3 of 20 rows drawn'])
})
