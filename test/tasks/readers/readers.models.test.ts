import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readers, readersIn } from '../../../src/tasks/readers/index.ts'
import { type Task, taskSchema } from '../../../src/words/task.ts'
import { shared } from '../../support/models.ts'

const data = shared('data')
const rowsOf = (task: Task | undefined) => task?.pairs ?? task?.prompts ?? []

interface Counts {
  readonly tasks: number
  /** Rows over all tasks. */
  readonly rows: number
  /** What the data set's README counts, where the tasks are not one a row. */
  readonly published?: { readonly count: number; readonly why: string }
  /** First row of the first task. */
  readonly first: object
}
const counts: Readonly<Record<string, Counts>> = {
  bbh: { tasks: 9, rows: 2071, first: { text: 'Q: not ( True ) and ( True ) is\nA:', answers: [' False'] } },
  blimp: {
    tasks: 67,
    rows: 13_397,
    published: { count: 13_400, why: 'three pairs are the same sentence twice' },
    first: { clean: 'What had Theresa walked through while talking about that high school?' },
  },
  conflict_qa: {
    tasks: 1,
    rows: 488,
    published: { count: 489, why: 'one row has the same answer twice' },
    first: { answers: [' More people today are related to Genghis Khan than Julius Caesar.'] },
  },
  copy_vs_fact: {
    tasks: 2,
    rows: 4000,
    published: { count: 2000, why: 'each row is a prompt with and without its context' },
    first: { text: 'Redefine: IBM 704, created by Boeing. IBM 704, created by', template: '{}, created by' },
  },
  function_vectors: { tasks: 24, rows: 18_038, first: { answers: [' false'] } },
  gap: {
    tasks: 1,
    rows: 1799,
    published: { count: 2000, why: 'rows in which neither name is meant make no pair' },
    first: { clean: expect.stringContaining("Dumped Cheryl Cassidy's boyfriend") },
  },
  greater_than: {
    tasks: 2,
    rows: 701 + 578,
    published: { count: 701, why: 'the task of the next digit leaves out tens of 0 and 9' },
    first: { clean: 'The contract lasted from the year 1352 to the year 13' },
  },
  ioi: {
    tasks: 3,
    rows: 349 + 349 + 589,
    published: { count: 938, why: 'each pair has two corruptions' },
    first: { answers: [' Amber'], distractors: [' Aaron'] },
  },
  known_facts: {
    tasks: 1,
    rows: 863,
    first: { text: 'Vinson Massif is located in the continent of', answers: [' Antarctica'] },
  },
  nq_qed: {
    tasks: 1,
    rows: 536,
    published: { count: 949, why: 'the others have no substitute' },
    first: { answers: [' John von Neumann'], distractors: [' Wilhelm Conrad Röntgen'] },
  },
  relations: { tasks: 31, rows: 3997, first: { answers: [' women'] } },
  sentiment_sentences: { tasks: 3, rows: 2102, first: { answers: [' negative'] } },
  subject_verb_agreement: { tasks: 3, rows: 2108, first: { clean: 'The friends', corrupt: 'The friend' } },
  temporal_facts: {
    tasks: 5,
    rows: 301,
    first: { clean: 'In 1982, the chief executive of Microsoft was', distractors: [' Steve Ballmer'] },
  },
  translation_panlex: { tasks: 3, rows: 588, first: { answers: [' quoi'] } },
  truthfulqa: {
    tasks: 1,
    rows: 553,
    first: { answers: [' The watermelon seeds pass through your digestive system'] },
  },
  two_hop: { tasks: 6, rows: 464, first: { answers: [' Washington D.C.'], template: 'United States' } },
  winobias: {
    tasks: 2,
    rows: 792,
    published: { count: 1584, why: 'a pair is a row of each side' },
    first: { clean: 'The developer argued with the designer because he did not like the design.' },
  },
  winogender: {
    tasks: 2,
    rows: 168,
    published: { count: 504, why: 'a pair is the male and the female row; the neutral one is not used' },
    first: { clean: 'The technician told the customer that he had completed the repair.' },
  },
  winograd_wsc: {
    tasks: 1,
    rows: 199,
    first: {
      corrupt: 'The city councilmen refused the demonstrators a permit because the demonstrators feared violence.',
    },
  },
  xquad_en: { tasks: 1, rows: 882, first: { answers: [' 308'], template: 'Super_Bowl_50 0' } },
}

describe.skipIf(!existsSync(data))('the data sets beside the repository (skipped without ../shared/data)', () => {
  test('all of them are found', () => {
    expect(readersIn(data)).toEqual(readers)
    expect(readers.map(r => r.id)).toEqual(Object.keys(counts))
  })

  test.each(Object.entries(counts))('%s', async (id, { tasks, rows, published, first }) => {
    const read = await readers.find(r => r.id === id)!.read(data)
    const all = read.flatMap(t => [...rowsOf(t)])
    expect([read.length, all.length]).toEqual([tasks, rows])
    const [, count] = /Count here: (\d+)/.exec(readFileSync(shared('data', id, 'README.md'), 'utf8')) ?? []
    expect(Number(count)).toBe(published?.count ?? rows)
    expect(all[0]).toMatchObject(first)
    expect(new Set(read.map(t => t.name)).size).toBe(tasks)
    for (const task of read) expect(taskSchema.parse(task)).toEqual(task)
  })
})
