import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { load } from '../../../src/index.ts'
import { checkTask } from '../../../src/results/input.ts'
import type { BuiltinTask, PairTask } from '../../../src/tasks/builtin/builtin.ts'
import { builtinTasks } from '../../../src/tasks/builtin/index.ts'
import { accuracyOf, prepareTask } from '../../../src/tasks/prepare.ts'
import type { Tokenizer } from '../../../src/text/tokenizer.ts'
import '../../support/cache.ts'
import { refusal } from '../../support/refusal.ts'
import { wordTokenizer } from '../../support/word-tokenizer.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  await using m = await load('specimen', { threads: 1 })
  tokenizer = await m.tokenizer()
})
const N = 24
const make = async (task: BuiltinTask, seed = 0): Promise<PairTask> => (await task.make(tokenizer, { n: N, seed })).task
const named = builtinTasks.map(task => [task.id, task] as const)

/** Files of the folder that are no task. */
const PARTS = ['builtin.ts', 'draw.ts', 'examples.ts', 'index.ts', 'vocabulary.ts', 'words.ts']

test('every file of the folder is a registered task, under its own name', () => {
  const files = readdirSync(join(import.meta.dirname, '../../../src/tasks/builtin')).filter(f => !PARTS.includes(f))
  expect(builtinTasks.map(t => `${t.id}.ts`).sort()).toEqual(files.sort())
})

describe.each(named)('%s', (id, builtin) => {
  test('is a task by the schema, of as many rows as asked for', async () => {
    const task = await make(builtin)
    expect(checkTask(JSON.parse(JSON.stringify(task)), id)).toEqual(task)
    expect(task).toMatchObject({ name: id, form: 'next' })
    expect(task.pairs).toHaveLength(N)
  })

  test('depends on the seed and on nothing else', async () => {
    expect(await make(builtin, 3)).toEqual(await make(builtin, 3))
    expect(await make(builtin, 4)).not.toEqual(await make(builtin, 3))
  })

  test('no row twice, two texts that differ, of equally many tokens', async () => {
    const { pairs } = await make(builtin)
    expect(new Set(pairs.map(p => JSON.stringify([p.clean, p.corrupt]))).size).toBe(N)
    for (const { clean, corrupt } of pairs) {
      expect(clean).not.toBe(corrupt)
      expect((await tokenizer.encode(clean)).length).toBe((await tokenizer.encode(corrupt)).length)
    }
  })

  test('answers are single tokens after both texts, none of them a distractor', async () => {
    const task = await make(builtin)
    for (const side of ['clean', 'corrupt'] as const)
      expect((await prepareTask(task, tokenizer, side)).dropped).toEqual([])
    expect((await accuracyOf(task, tokenizer))!.items).toHaveLength(N)
  })

  test('templates have equal shares, as far as their words go', async () => {
    const { pairs } = await make(builtin)
    const shares = new Map<string, number>()
    for (const { template } of pairs) shares.set(template!, (shares.get(template!) ?? 0) + 1)
    expect(shares.size).toBeGreaterThan(1)
    if (id !== 'successor') expect(Math.max(...shares.values()) - Math.min(...shares.values())).toBeLessThanOrEqual(1)
  })
})

/** What the corrupt text is to say differently: after it, one of the distractors is due. */
describe('the corrupt text turns the answer', () => {
  const of = async (id: string) => (await make(builtinTasks.find(t => t.id === id)!)).pairs
  const count = (text: string, word: string) => text.split(/[^A-Za-z]+/).filter(w => w === word.trim()).length

  test('ioi: the answer is the name said once', async () => {
    for (const { clean, corrupt, answers, distractors } of await of('ioi')) {
      expect([count(clean, answers[0]!), count(clean, distractors![0]!)]).toEqual([1, 2])
      expect([count(corrupt, answers[0]!), count(corrupt, distractors![0]!)]).toEqual([2, 1])
    }
  })

  test('copying: what followed the last word of the text before', async () => {
    for (const { clean, corrupt, answers, distractors } of await of('copying')) {
      const next = (text: string) => {
        const words = text.split(/[^A-Za-z]+/).filter(w => w !== 'Again')
        return ` ${words[words.indexOf(words.at(-1)!) + 1]}`
      }
      expect(next(clean)).toBe(answers[0])
      expect(distractors).toContain(next(corrupt))
      expect(clean.length).toBe(corrupt.length)
    }
  })

  test('greater-than: digits above and below the third digit of the first year', async () => {
    for (const { clean, corrupt, answers, distractors } of await of('greater-than')) {
      const decade = Number(/\d\d(\d)\d/.exec(clean)![1])
      expect(answers.map(Number)).toEqual([...Array(9 - decade).keys()].map(i => decade + 1 + i))
      expect(distractors!.map(Number)).toEqual([...Array(decade).keys()])
      expect(corrupt).toMatch(/\d\d01/)
    }
  })

  test('recall: what its sentence says', async () => {
    const due = (text: string) => {
      const [said, question] = text.split('\n') as [string, string]
      const facts = said.split('. ').map(s => /^(\w+) \w+ the (\w+)/.exec(s)!.slice(1) as [string, string])
      const asked = /the (\w+)\?/.exec(question)?.[1] ?? /^So (\w+)/.exec(question)![1]!
      const [who, what] = facts.find(f => f.includes(asked))!
      return ` ${who === asked ? what : who}`
    }
    for (const { clean, corrupt, answers, distractors } of await of('recall')) {
      expect(due(clean)).toBe(answers[0])
      expect(distractors).toContain(due(corrupt))
    }
  })

  test.each(['colours', 'coloured-objects'])('%s: the colour that stands before the thing', async id => {
    const due = (text: string) => {
      const thing = /.*colou?r is the (\w+)/s.exec(text)![1]
      return ` ${[...text.matchAll(/a (\w+) (\w+)/g)].reverse().find(m => m[2] === thing)![1]}`
    }
    for (const { clean, corrupt, answers, distractors } of await of(id)) {
      expect(due(clean)).toBe(answers[0])
      expect(distractors).toContain(due(corrupt))
    }
  })

  test('docstring: the first parameter that is not described yet', async () => {
    const due = (text: string) => {
      const given = /\((.*)\)/.exec(text)![1]!.split(', ')
      const described = [...text.matchAll(/:param (\w+):/g)].map(m => m[1]!)
      return ` ${given.find(p => !described.includes(p))}`
    }
    for (const { clean, corrupt, answers, distractors } of await of('docstring')) {
      expect(due(clean)).toBe(answers[0])
      expect(distractors).toContain(due(corrupt))
    }
  })

  test('capitals-redefined: the made-up city, against the true one', async () => {
    const said = (text: string) => ` ${/capital of \w+ is (\w+)/.exec(text)![1]}`
    for (const { clean, corrupt, answers, distractors } of await of('capitals-redefined')) {
      expect(said(clean)).toBe(answers[0])
      expect(distractors![0]).toBe(said(corrupt))
      expect(distractors![1]).not.toBe(answers[0])
      expect(distractors).toHaveLength(2)
    }
  })
})

test('words that the tokenizer splits are counted; too few of them refuse the task', async () => {
  const ioi = builtinTasks.find(t => t.id === 'ioi')!
  expect((await ioi.make(tokenizer, { n: 4 })).notes).toEqual([
    expect.stringMatching(/^\d+ of \d+ names left out: not one token of this model's tokenizer$/),
  ])
  const plain = wordTokenizer()
  expect((await ioi.make(plain, { n: 4 })).notes).toEqual([])
  const letters = { ...plain, encode: async (text: string) => [...text].map(c => c.charCodeAt(0)) }
  expect(await refusal(() => ioi.make(letters, { n: 4 }))).toMatchObject({
    code: 'task-words',
    fault: 'usage',
    found: 0,
  })
})

test('greater-than needs years written digit by digit', async () => {
  const years = builtinTasks.find(t => t.id === 'greater-than')!
  expect(await refusal(() => years.make(wordTokenizer()))).toMatchObject({ code: 'task-words' })
  expect((await years.make(tokenizer, { n: 2 })).task.pairs).toHaveLength(2)
})

test('more rows than there are: as many as there are, and a note', async () => {
  const successor = builtinTasks.find(t => t.id === 'successor')!
  const { task, notes } = await successor.make(tokenizer, { n: 100_000 })
  expect(task.pairs.length).toBeLessThan(10_000)
  expect(notes.at(-1)).toBe(`${task.pairs.length} different rows exist; 100000 were asked for`)
})

test('drawing stops when told to, while it goes on', async () => {
  const stop = new AbortController()
  const work = builtinTasks.find(t => t.id === 'copying')!.make(tokenizer, { n: 1e6, signal: stop.signal })
  setTimeout(() => stop.abort(), 20)
  expect(await refusal(() => work)).toMatchObject({ code: 'interrupted' })
})
