import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bestOffset, edgeMeasures, syntaxEdges, wayOf, wordAttention } from '../../src/heads/syntax.ts'
import type { Parse } from '../../src/text/parse.ts'

/** “Ben lost a key .”, after one added token; “lost” has two tokens, “key” and “.” share their last and first one. */
const parse: Parse = [
  { form: 'Ben', head: 2, relation: 'nsubj' },
  { form: 'lost', head: 0, relation: 'root' },
  { form: 'a', head: 4, relation: 'det' },
  { form: 'key', head: 2, relation: 'obj' },
  { form: '.', head: 2, relation: 'punct' },
]
const tokens = [[1], [2, 3], [4], [5, 6], [6]]
const TIME = 7

/** A pattern of rows that are lists of [key, share]. */
function patternOf(rows: Record<number, readonly (readonly [number, number])[]>): Float64Array {
  const pattern = new Float64Array(TIME * TIME)
  for (const [q, keys] of Object.entries(rows)) for (const [k, share] of keys) pattern[Number(q) * TIME + k] = share
  return pattern
}
const at = (data: ArrayLike<number>) => ({ data, start: 0, time: TIME })

test('each edge goes from its later word to its earlier one, and knows whom else that could attend to', () => {
  const edges = syntaxEdges(parse, tokens)
  expect(edges.map(e => [wayOf(e), e.later, e.earlier, e.candidates])).toEqual([
    ['nsubj to dependent', 1, 0, [0]],
    ['det to dependent', 3, 2, [0, 1, 2]],
    ['obj to head', 3, 1, [0, 1, 2]],
    // “key” has a token of the full stop's, so that attention to it is attention to itself.
    ['punct to head', 4, 1, [0, 1, 2]],
  ])
  expect(syntaxEdges(parse, tokens, ['obj', 'nsubj']).map(e => e.relation)).toEqual(['nsubj', 'obj'])
  const passive: Parse = [
    { form: 'a', head: 2, relation: 'nsubj:pass' },
    { form: 'b', head: 0, relation: 'root' },
  ]
  expect(syntaxEdges(passive, [[0], [1]], ['nsubj']).length).toBe(1)
  expect(syntaxEdges(passive, [[0], [1]], ['nsubj:pas']).length).toBe(0)
  // Both words in one token: nothing can be measured.
  expect(syntaxEdges(passive, [[0], [0]])).toEqual([])
})

test('a word asks only about words of its own sentence', () => {
  const two: Parse = [...parse, ...parse.map(w => ({ ...w, head: w.head === 0 ? 0 : w.head + 5 }))]
  const own = [...tokens, ...tokens.map(list => list.map(t => t + 6))]
  expect(
    syntaxEdges(two, own)
      .filter(e => e.later === 8)
      .map(e => e.candidates),
  ).toEqual([
    [5, 6, 7],
    [5, 6, 7],
  ])
})

test('to a word is the sum over its tokens, from a word the mean over its tokens', () => {
  const pattern = patternOf({
    5: [
      [2, 0.25],
      [3, 0.5],
    ],
    6: [[3, 0.25]],
  })
  expect(wordAttention(at(pattern), [5, 6], [2, 3])).toBe(0.5)
  expect(wordAttention({ data: [0, ...pattern], start: 1, time: TIME }, [5, 6], [2])).toBe(0.125)
})

test('all attention on partners gives 1, none of it 0, and equal attention is shared among the candidates', () => {
  const edges = syntaxEdges(parse, tokens, ['nsubj', 'obj', 'punct'])
  const partners = patternOf({
    2: [[1, 1]],
    3: [[1, 1]],
    5: [
      [2, 0.5],
      [3, 0.5],
    ],
    6: [[2, 1]],
  })
  expect([...edgeMeasures(at(partners), tokens, edges)]).toEqual([1, 1, 0, 1, 1, 1 - 1 / 3, 1, 1, 1 - 1 / 3])
  const sink = patternOf(Object.fromEntries(Array.from({ length: TIME }, (_, q) => [q, [[0, 1]]] as const)))
  expect([...edgeMeasures(at(sink), tokens, edges)]).toEqual([0, 1, 0, 0, 1 / 3, 0, 0, 1 / 3, 0])
})

test('the best offset is the commonest distance, the shortest of several', () => {
  const edge = (earlier: number, later: number) => ({ earlier, later })
  expect(bestOffset([edge(0, 1), edge(1, 2), edge(0, 3)])).toEqual({ words: 1, share: 2 / 3 })
  expect(bestOffset([edge(0, 3), edge(0, 1)])).toEqual({ words: 1, share: 0.5 })
})

/** The same from a matrix of words over words that is written down whole. */
function slowly(pattern: Float64Array, own: number[][], p: Parse) {
  const words = own.map(from =>
    own.map(to => {
      const rows = from.map(q => to.map(k => pattern[q * TIME + k]!).reduce((a, b) => a + b, 0))
      return rows.reduce((a, b) => a + b, 0) / rows.length
    }),
  )
  const root = (w: number): number => (p[w]!.head === 0 ? w : root(p[w]!.head - 1))
  const apart = (a: number, b: number) => !own[a]!.some(t => own[b]!.includes(t))
  return p.flatMap(({ head }, d) => {
    if (head === 0 || !apart(d, head - 1)) return []
    const [from, to] = [Math.max(d, head - 1), Math.min(d, head - 1)]
    const asked = p.map((_, w) => w).filter(w => w < from && root(w) === root(from) && apart(w, from))
    const most = Math.max(...asked.map(w => words[from]![w]!))
    const best = asked.filter(w => words[from]![w]! === most)
    const mean = asked.reduce((s, w) => s + words[from]![w]!, 0) / asked.length
    return [words[from]![to]!, best.includes(to) ? 1 / best.length : 0, words[from]![to]! - mean]
  })
}

test('the measures are those of a slow second route', () => {
  const cells = fc.array(fc.constantFrom(0, 0.1, 0.1, 0.25, 0.7), { minLength: TIME ** 2, maxLength: TIME ** 2 })
  // Heads before or after, in one tree or two.
  const tree = fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }).map(list =>
    list.map((x, i) => ({
      form: 'w',
      head: i === 2 || (i === 4 && x < 2) ? 0 : i < 2 ? 3 : (x % i) + 1,
      relation: 'dep',
    })),
  )
  fc.assert(
    fc.property(cells, tree, (list, p) => {
      const pattern = Float64Array.from(list)
      const found = edgeMeasures(at(pattern), tokens, syntaxEdges(p, tokens))
      const expected = slowly(pattern, tokens, p)
      expect(found.length).toBe(expected.length)
      for (const [i, x] of found.entries()) expect(x).toBeCloseTo(expected[i]!, 12)
    }),
  )
})
