import fc from 'fast-check'
import { expect, test } from 'vitest'
import { softmaxAttention } from '../../../src/attention/mechanisms/softmax.ts'
import { addDims, dim } from '../../../src/graph/dim.ts'
import { softmax, softmaxOrZero } from '../../../src/graph/primitives/composite.ts'
import { add } from '../../../src/graph/primitives/elementwise.ts'
import { input } from '../../../src/graph/primitives/leaf.ts'
import type { Sym } from '../../../src/graph/sym.ts'
import type { Feeds } from '../../../src/runtime/backend.ts'
import { nodeBackend } from '../../../src/runtime/node.ts'
import { referenceBackend } from '../../../src/runtime/reference.ts'
import { f32, type NDArray } from '../../../src/words/arrays.ts'
import '../../support/allclose.ts'
import { floats, plainFloat } from '../../support/arbitrary.ts'
import { graphOver, outputsOf, runOnce } from '../../support/run.ts'
import { fileWeights } from '../../support/weights.ts'

const none = fileWeights({})
const reference = referenceBackend()
const cpu = await nodeBackend(1)

interface Problem {
  readonly q: NDArray<'f32'>
  readonly k: NDArray<'f32'>
  readonly v: NDArray<'f32'>
  readonly tile: number
}
/** MHA (share 1), GQA and MQA (groups 1), with texts around the border of a tile of 3 or 4 rows and with a past. */
const problems: fc.Arbitrary<Problem> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    time: fc.integer({ min: 1, max: 9 }),
    past: fc.constantFrom(0, 0, 1, 4),
    groups: fc.integer({ min: 1, max: 3 }),
    share: fc.integer({ min: 1, max: 3 }),
    width: fc.constantFrom(1, 2, 4),
    tile: fc.constantFrom(3, 4),
  })
  .chain(({ batch, time, past, groups, share, width, tile }) =>
    fc.record({
      q: floats([batch, time, groups * share, width], plainFloat),
      k: floats([batch, past + time, groups, width], plainFloat),
      v: floats([batch, past + time, groups, width], plainFloat),
      tile: fc.constant(tile),
    }),
  )

/** Attention as it is written down: for one query row at a time, over the keys that it may see. */
function byHand({ q, k, v }: Problem): { z: NDArray<'f32'>; pattern: NDArray<'f32'> } {
  const [batch, time, heads, width] = q.shape as [number, number, number, number]
  const [, keys, groups] = k.shape as [number, number, number, number]
  const z = new Float32Array(q.data.length)
  const pattern = new Float32Array(batch * heads * time * keys)
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let t = 0; t < time; t++) {
        const g = Math.floor((h * groups) / heads)
        const at = (position: number, d: number) => ((b * keys + position) * groups + g) * width + d
        const row = ((b * time + t) * heads + h) * width
        const scores = Array.from({ length: keys - time + t + 1 }, (_, s) => {
          let dot = 0
          for (let d = 0; d < width; d++) dot += q.data[row + d]! * k.data[at(s, d)]!
          return dot / Math.sqrt(width)
        })
        const top = Math.max(...scores)
        const total = scores.reduce((n, s) => n + Math.exp(s - top), 0)
        for (const [s, score] of scores.entries()) {
          const p = Math.exp(score - top) / total
          pattern[((b * heads + h) * time + t) * keys + s] = p
          for (let d = 0; d < width; d++) z[row + d]! += p * v.data[at(s, d)]!
        }
      }
  return { z: f32(q.shape, z), pattern: f32([batch, heads, time, keys], pattern) }
}

/** Query rows [start, start + tile) of a pattern, without the keys that none of them may see. */
function rowsOf({ shape, data }: NDArray<'f32'>, start: number, tile: number): NDArray<'f32'> {
  const [batch, heads, time, keys] = shape as [number, number, number, number]
  const rows = Math.min(tile, time - start)
  const seen = keys - time + start + rows
  const parts = Array.from({ length: batch * heads * rows }, (_, i) => {
    const from = (Math.floor(i / rows) * time + start + (i % rows)) * keys
    return [...data.subarray(from, from + seen)]
  })
  return f32([batch, heads, rows, seen], Float32Array.from(parts.flat()))
}

/** The graph with every size named but the head's own; the past is named only where there is one. */
function graphOf({ q, k, tile }: Problem, inside: 'fused' | 'tapped' | 'read') {
  const [, T, heads, width] = q.shape as [number, number, number, number]
  const [, S, groups] = k.shape as [number, number, number, number]
  const [batch, time] = [dim('batch'), dim('time')]
  const keys = S === T ? time : addDims(dim('past'), time)
  const [qs, ks, vs] = [
    input('q', 'f32', [batch, time, heads, width]),
    input('k', 'f32', [batch, keys, groups, width]),
    input('v', 'f32', [batch, keys, groups, width]),
  ] as const
  const seen: Record<string, Sym> = S === T ? {} : { before: input('past', 'f32', [dim('past')]) }
  const keep = (name: string) => (s: Sym) => {
    seen[name] = s
    return s
  }
  const tiling = { tile, tiles: Math.ceil(T / tile) }
  const taps = {
    fused: undefined,
    tapped: { scores: keep('scores'), pattern: keep('pattern') },
    read: (rows: Sym, start: number) => void keep(`rows ${start}`)(rows),
  }
  seen.z = softmaxAttention(qs, ks, vs, tiling, taps[inside])
  return outputsOf(seen)
}
const feedsOf = ({ q, k, v }: Problem): Feeds => {
  const past = k.shape[1]! - q.shape[1]!
  return { q, k, v, ...(past > 0 ? { past: f32([past], new Float32Array(past)) } : {}) }
}

test('tiled, expanded and tapped attention are what the formula says, on both backends', () =>
  fc.assert(
    fc.asyncProperty(problems, async p => {
      const { z, pattern } = byHand(p)
      const feeds = feedsOf(p)
      for (const backend of [reference, cpu]) {
        expect((await runOnce(backend, graphOf(p, 'fused'), feeds, none)).z).toBeAllclose(z, { atol: 2e-5, rtol: 1e-5 })
        const tapped = await runOnce(backend, graphOf(p, 'tapped'), feeds, none)
        expect(tapped.z).toBeAllclose(z, { atol: 2e-5, rtol: 1e-5 })
        expect(tapped.pattern).toBeAllclose(pattern, { atol: 2e-6, rtol: 1e-5 })
        const { z: read, ...tiles } = await runOnce(backend, graphOf(p, 'read'), feeds, none)
        expect(read).toBeAllclose(z, { atol: 2e-5, rtol: 1e-5 })
        for (const start of Array.from({ length: Math.ceil(p.q.shape[1]! / p.tile) }, (_, i) => i * p.tile))
          expect(tiles[`rows ${start}`]).toBeAllclose(rowsOf(pattern, start, p.tile), { atol: 2e-6, rtol: 1e-5 })
      }
    }),
    { numRuns: 80 },
  ))

test('scores given to the tap are before the mask: finite above the diagonal', () =>
  fc.assert(
    fc.asyncProperty(problems, async p => {
      const { scores } = await runOnce(reference, graphOf(p, 'tapped'), feedsOf(p), none)
      expect(scores!.data.every(Number.isFinite)).toBe(true)
    }),
    { numRuns: 20 },
  ))

test('a row whose every score is made −∞ attends to nothing and gives zeros; the others do not notice', () =>
  fc.assert(
    fc.asyncProperty(problems, fc.nat(), async (p, which) => {
      const [batch, time, heads] = p.q.shape as [number, number, number]
      const row = which % time
      const bias = new Float32Array(time).fill(0)
      bias[row] = Number.NEGATIVE_INFINITY
      const keys = p.k.shape[1]!
      const build = (q: Sym, k: Sym, v: Sym, b: Sym) =>
        softmaxAttention(q, k, v, { tile: 4, tiles: 1 }, { scores: s => add(s, b), pattern: s => s })
      const { graph, feeds } = graphOver([p.q, p.k, p.v, f32([time, 1], bias)], build as (...inputs: Sym[]) => Sym)
      const expected = byHand(p).z
      for (let b = 0; b < batch; b++)
        expected.data.fill(0, (b * time + row) * heads * p.q.shape[3]!, (b * time + row + 1) * heads * p.q.shape[3]!)
      expect(keys).toBeGreaterThanOrEqual(time)
      for (const backend of [reference, cpu])
        expect((await runOnce(backend, graph, feeds, none)).y).toBeAllclose(expected, { atol: 2e-5, rtol: 1e-5 })
    }),
    { numRuns: 40 },
  ))

const score = fc.oneof(
  { weight: 3, arbitrary: plainFloat },
  { weight: 1, arbitrary: fc.constantFrom(Number.NEGATIVE_INFINITY, -1e30, 88, 3e38) },
)
test('softmaxOrZero is softmax, but for rows without any finite entry, which become zeros', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }).chain(n => floats([5, n], score)),
      async x => {
        for (const backend of [reference, cpu]) {
          const [a, b] = [graphOver([x], s => softmaxOrZero(s!)), graphOver([x], s => softmax(s!))]
          const found = (await runOnce(backend, a.graph, a.feeds, none)).y!
          const plain = (await runOnce(backend, b.graph, b.feeds, none)).y!
          const n = x.shape[1]!
          const expected = plain.data.map((p, i) => {
            const row = x.data.subarray(Math.floor(i / n) * n, (Math.floor(i / n) + 1) * n)
            return row.every(s => s === Number.NEGATIVE_INFINITY) ? 0 : p
          })
          expect(found).toBeAllclose(f32(x.shape, expected as Float32Array), { atol: 1e-6, rtol: 1e-6 })
        }
      },
    ),
    { numRuns: 100 },
  ))
