import { describe, expect, test } from 'vitest'
import { builtinTasks } from '../../src/tasks/builtin/index.ts'
import { allTasks, namedTasks, resolveTask } from '../../src/tasks/resolve.ts'
import { Scratch } from '../checkpoint/scratch.ts'
import { refusal } from '../support/refusal.ts'
import { wordTokenizer } from '../support/word-tokenizer.ts'

const pair = JSON.stringify({ sentence_good: 'The cats sleep.', sentence_bad: 'The cats sleeps.' })
/** A folder of data sets with two paradigms of one in it. */
function dataSets(): Scratch {
  const scratch = new Scratch()
  for (const name of ['anaphor_gender', 'anaphor_number']) scratch.write(`data/blimp/${name}.jsonl`, `${pair}\n`)
  return scratch
}
const task = { name: 'coins', form: 'next', metric: 'loss', prompts: [{ text: 'Tom saw', answers: [' Mary'] }] }
const ids = (sources: readonly { id: string }[]) => sources.map(s => s.id)

test('without data every built-in task; with data those of its data sets too', async () => {
  using scratch = dataSets()
  const builtin = ids(builtinTasks)
  expect(ids(await allTasks())).toEqual(builtin)
  const parts = ['blimp/anaphor_gender', 'blimp/anaphor_number']
  expect(ids(await allTasks({ data: scratch.path('data') }))).toEqual([...builtin, ...parts])
  expect(ids(await allTasks({ data: scratch.path('data/blimp') }))).toEqual([...builtin, ...parts])
  scratch.write('other/x.txt', '')
  expect(await refusal(() => allTasks({ data: scratch.path('other') }))).toMatchObject({
    code: 'task-data',
    fault: 'usage',
  })
})

describe('a name', () => {
  test('is a built-in task', async () => {
    expect(await resolveTask('ioi')).toBe(builtinTasks.find(t => t.id === 'ioi'))
  })

  test('is a data set, or one task of it', async () => {
    using scratch = dataSets()
    const data = scratch.path('data')
    expect(ids(await namedTasks('blimp', { data }))).toEqual(['blimp/anaphor_gender', 'blimp/anaphor_number'])
    for (const name of ['blimp:anaphor_number', 'blimp/anaphor_number'])
      expect(ids([await resolveTask(name, { data })])).toEqual(['blimp/anaphor_number'])
    expect(await refusal(() => resolveTask('blimp', { data }))).toMatchObject({
      code: 'task-several',
      allowed: ['blimp/anaphor_gender', 'blimp/anaphor_number'],
    })
    expect(await refusal(() => resolveTask('blimp:anaphor_numbr', { data }))).toMatchObject({
      code: 'task-name',
      message: expect.stringContaining('nearest is blimp/anaphor_number'),
    })
  })

  test('is a file', async () => {
    using scratch = new Scratch()
    const file = scratch.write('coins.json', JSON.stringify(task))
    const source = await resolveTask(file)
    expect(await source.make(wordTokenizer())).toEqual({ task, notes: [], dropped: [] })
    expect(await refusal(() => resolveTask(scratch.path('coin.json')))).toMatchObject({
      file: scratch.path('coin.json'),
    })
    const wrong = scratch.write('wrong.json', JSON.stringify({ ...task, metric: 'los' }))
    expect(await refusal(() => resolveTask(wrong))).toMatchObject({ code: 'task-unknown-name', file: wrong })
  })

  test('that nobody knows is refused with the nearest', async () => {
    expect(await refusal(() => resolveTask('copyin'))).toMatchObject({
      code: 'task-name',
      fault: 'usage',
      found: 'copyin',
      message: expect.stringContaining('the nearest is copying'),
    })
    expect(await refusal(() => resolveTask('blmp', { data: '.' }))).toMatchObject({
      message: expect.stringContaining('the nearest is blimp'),
    })
  })
})
