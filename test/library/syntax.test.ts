import '../support/models.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Grid, type Headwise, load, type Parse, type ParsedText, rerun } from '../../src/index.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import { refusal } from '../support/refusal.ts'

let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(() => m[Symbol.asyncDispose]())

const parseOf = (text: string): Parse =>
  text.split(' ').map(word => {
    const [form = '', head = '', relation = ''] = word.split('/')
    return { form, head: Number(head), relation }
  })
const SHINY: ParsedText = {
  text: 'Ben lost the shiny key.',
  parse: parseOf('Ben/2/nsubj lost/0/root the/5/det shiny/5/amod key/2/obj ./2/punct'),
}
const NAMES = ['Ben', 'Lily', 'Tom', 'Mary', 'Max', 'Sam', 'Anna', 'Lucy', 'Jack', 'Mia']
const TEN: ParsedText[] = NAMES.map(name => ({
  text: `${name} didn't lose the key.`,
  parse: parseOf(`${name}/4/nsubj did/4/aux n't/4/advmod lose/0/root the/6/det key/4/obj ./4/punct`),
}))

const cell = (grid: Grid, part: 'values' | 'low' | 'high', layer: number, head: number): number =>
  ((grid[part] as number[][])[layer] as number[])[head]!

test('every head’s numbers are those of its captured pattern', async () => {
  const [share, accuracy, excess, ...more] = await m.syntax(SHINY)
  expect(more).toEqual([])
  const { get } = await m.run(SHINY.text, { capture: ['pattern'] })
  const { shape, data } = get('pattern')
  const [layers = 0, heads = 0, time = 0] = shape
  // One token a word, after the one that the tokenizer adds.
  expect(time).toBe(1 + SHINY.parse.length)
  for (let l = 0; l < layers; l++)
    for (let h = 0; h < heads; h++) {
      const from = (q: number, k: number) => data[((l * heads + h) * time + q + 1) * time + k + 1]!
      const found = SHINY.parse.flatMap(({ head }, d) => {
        if (head === 0) return []
        const [later, earlier] = [Math.max(d, head - 1), Math.min(d, head - 1)]
        const row = Array.from({ length: later }, (_, k) => from(later, k))
        const mean = row.reduce((s, x) => s + x, 0) / later
        return [[row[earlier]!, row[earlier] === Math.max(...row) ? 1 : 0, row[earlier]! - mean]]
      })
      for (const [i, grid] of [share, accuracy, excess].entries())
        expect(cell(grid!, 'values', l, h)).toBeCloseTo(found.reduce((s, x) => s + x[i]!, 0) / found.length, 6)
    }
  expect([share, accuracy, excess].map(g => g!.n)).toEqual([5, 5, 5])
  expect(share!.metric).toContain('interval over edges')
  expect(cell(share!, 'low', 4, 7)).toBeLessThanOrEqual(cell(share!, 'values', 4, 7))
})

test('over ten sentences the interval is over sentences, and words of several tokens count as words', async () => {
  const [share] = await m.syntax(TEN, { relations: ['obj', 'aux'] })
  expect(share!.n).toBe(20)
  expect(share!.metric).toContain('interval over sentences')
  // One text of ten sentences is asked about the same words, but its heads see the sentences before.
  const all: ParsedText = {
    text: TEN.map(t => t.text).join(' '),
    parse: TEN.flatMap((t, i) => t.parse.map(w => ({ ...w, head: w.head === 0 ? 0 : w.head + i * t.parse.length }))),
  }
  const [together] = await m.syntax(all, { relations: ['obj', 'aux'] })
  expect(together!.n).toBe(20)
  expect(together!.metric).toContain('interval over sentences')
})

test('frequent relations come with their best head and best offset on the other sentences', async () => {
  const many = [...TEN, ...TEN, ...TEN, ...TEN]
  const grids = await m.syntax(many)
  const relations = grids.at(-1)!
  expect(relations.axes.map(a => a.name)).toEqual(['relation', 'method'])
  const labels = relations.axes[0]!.labels!
  expect(labels).toContainEqual(expect.stringMatching(/^obj to head: \d\.\d, 2 back$/))
  const row = (relations.values as number[][])[labels.findIndex(l => l.startsWith('obj to head'))]!
  // In these sentences the object is always two words behind the verb.
  expect(row[1]).toBe(1)
  expect(row[2]).toBeCloseTo(row[0]! - 1, 12)
})

test('a result is computed again from its spec alone', async () => {
  const grids = await m.syntax(TEN, { relations: ['obj'], seed: 3 })
  const { largest, document } = await rerun(readResult(toJson(grids), 'syntax.json'), { threads: 2 })
  expect(largest).toBe(0)
  expect((document as Grid[]).map(g => g.metric)).toEqual(grids.map(g => g.metric))
})

test('what cannot be measured is refused in a sentence', async () => {
  expect((await refusal(() => m.syntax(SHINY, { relations: ['iobj'] }))).message).toBe(
    'The parse has no edges of iobj; its relations are amod, det, nsubj, obj, punct.',
  )
  const other = { ...SHINY, text: 'Ben lost the blue key.' }
  expect((await refusal(() => m.syntax(other))).message).toBe(
    'The parse is not one of this text: word 4 is “shiny”, and the text goes on with “blue key.”.',
  )
  const stop = AbortSignal.abort()
  expect((await refusal(() => m.syntax(SHINY, { signal: stop }))).code).toBe('interrupted')
})
