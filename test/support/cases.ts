import fc from 'fast-check'
import { attention } from '../../src/graph/primitives/attention.ts'
import { gelu, logsumexp, rmsNorm, rope, silu, softmax } from '../../src/graph/primitives/composite.ts'
import { innerProducts, linear, matmul } from '../../src/graph/primitives/contract.ts'
import * as cellwise from '../../src/graph/primitives/elementwise.ts'
import { gather, gatherAlong, iota } from '../../src/graph/primitives/index-by.ts'
import { argmax, maximum, sum } from '../../src/graph/primitives/reduce.ts'
import { concat, expand, permute, reshape, slice } from '../../src/graph/primitives/shape.ts'
import type { Sym } from '../../src/graph/sym.ts'
import { type NDArray, sizeOf } from '../../src/words/arrays.ts'
import type { Tolerance } from './allclose.ts'
import { bools, broadcastable, floats, ints, number, plainFloat, shape, size } from './arbitrary.ts'

/** Operands and what is made of them. Index operands stay legal when one index is replaced by another below `indices`. */
interface Case {
  readonly arrays: readonly NDArray[]
  readonly build: (...inputs: Sym[]) => Sym
  readonly indices?: number
}

/** Random cases of one primitive, and how far a backend may be from the reference there. */
export interface Family {
  readonly cases: fc.Arbitrary<Case>
  readonly tolerance: Tolerance
}

const EXACT: Tolerance = {}
/** One or two units in the last place of float32. */
const ROUNDED: Tolerance = { rtol: 3e-7, atol: 1e-37 }
/** Sums of tens of products of size up to 16. */
const SUMMED: Tolerance = { rtol: 1e-5, atol: 2e-5 }
/** Polynomial approximations of tanh and erf, which are absolute. */
const APPROXIMATE: Tolerance = { rtol: 1e-6, atol: 1e-6 }

const all = (...arrays: fc.Arbitrary<NDArray>[]): fc.Arbitrary<NDArray[]> => fc.tuple(...arrays)
const of = (arrays: fc.Arbitrary<NDArray[]>, build: Case['build']): fc.Arbitrary<Case> =>
  arrays.map(a => ({ arrays: a, build }))

const positive = fc.integer({ min: 1, max: 5 })

const unary = (f: (x: Sym) => Sym, tolerance: Tolerance, min = 0): Family => ({
  cases: of(
    shape(min).chain(s => all(floats(s))),
    x => f(x!),
  ),
  tolerance,
})
const binary = (f: (a: Sym, b: Sym) => Sym, integers: boolean): Family => ({
  cases: of(
    fc
      .tuple(broadcastable(2), fc.boolean())
      .chain(([shapes, whole]) => all(...shapes.map(s => (whole && integers ? ints(s, -5, 5) : floats(s))))),
    (a, b) => f(a!, b!),
  ),
  tolerance: EXACT,
})
const axesOf = (rank: number) => fc.subarray(Array.from({ length: rank }, (_, i) => i))
const axisOf = (s: readonly number[]) => fc.nat({ max: s.length - 1 })
const anyOf = (s: readonly number[]): fc.Arbitrary<NDArray> => fc.oneof(floats(s), ints(s), bools(s))

const reduction = (
  f: (x: Sym, ...axes: number[]) => Sym,
  cell: fc.Arbitrary<number> | undefined,
  t: Tolerance,
): Family => ({
  cases: shape().chain(s =>
    fc.tuple(floats(s, cell), axesOf(s.length)).map(([x, axes]) => ({ arrays: [x], build: y => f(y!, ...axes) })),
  ),
  tolerance: t,
})

const matmuls = fc.tuple(broadcastable(2), size, positive, size).chain(([stacks, m, k, n]) => {
  const [a, b] = stacks.map(s => s.slice(-2)) as [number[], number[]]
  return of(all(floats([...a, m, k], plainFloat), floats([...b, k, n], plainFloat)), (x, y) => matmul(x!, y!))
})
const products = fc.tuple(broadcastable(2), size, positive, size, plainFloat).chain(([stacks, m, k, n, scale]) => {
  const [a, b] = stacks.map(s => s.slice(-2)) as [number[], number[]]
  return of(all(floats([...a, m, k], plainFloat), floats([...b, n, k], plainFloat)), (x, y) =>
    innerProducts(x!, y!, scale),
  )
})
const linears = fc
  .tuple(shape(0, 3), positive, size, fc.boolean())
  .chain(([rows, k, n, bias]) =>
    of(
      all(floats([...rows, k], plainFloat), floats([n, k], plainFloat), ...(bias ? [floats([n], plainFloat)] : [])),
      (x, w, b) => linear(x!, w!, b),
    ),
  )

/** Another shape of as many cells. */
const reshaped = (s: readonly number[]): fc.Arbitrary<readonly number[]> => {
  const n = sizeOf(s)
  if (n === 0) return fc.constantFrom([0], [0, 3], [2, 0], [...s, 1])
  const factor = fc.constantFrom(...Array.from({ length: n }, (_, i) => i + 1).filter(d => n % d === 0))
  return fc.oneof<fc.Arbitrary<readonly number[]>[]>(
    factor.map(d => [d, n / d]),
    factor.map(d => [1, n / d, d]),
    fc.constant([n]),
    fc.constant([...s, 1]),
    fc.constant(s.filter(d => d !== 1)),
  )
}

const concats = fc
  .tuple(shape(1), fc.array(size, { minLength: 1, maxLength: 3 }))
  .chain(([s, sizes]) =>
    fc
      .tuple(axisOf(s), fc.constantFrom(floats, ints, bools))
      .chain(([axis, make]) =>
        of(all(...sizes.map(n => (make as typeof anyOf)(s.with(axis, n)))), (...xs) => concat(xs, axis)),
      ),
  )

const gathers = fc.tuple(shape(1, 3), shape(0, 2), positive).chain(([s, rows, n]) =>
  axisOf(s).chain(axis =>
    all(anyOf(s.with(axis, n)), ints(rows, 0, n - 1)).map(
      arrays =>
        ({
          arrays,
          indices: n,
          build: (x, i) => gather(x!, i!, axis),
        }) satisfies Case,
    ),
  ),
)
const gathersAlong = fc.tuple(shape(1), size, positive).chain(([s, wanted, n]) =>
  axisOf(s).chain(axis =>
    all(anyOf(s.with(axis, n)), ints(s.with(axis, wanted), 0, n - 1)).map(
      arrays =>
        ({
          arrays,
          indices: n,
          build: (x, i) => gatherAlong(x!, i!, axis),
        }) satisfies Case,
    ),
  ),
)

const ropes = fc.tuple(size, size, positive, positive, fc.nat({ max: 3 })).chain(([batch, time, heads, half, more]) => {
  const rows = time + 1 + more
  return all(
    floats([batch, time, heads, 2 * half], plainFloat),
    floats([rows, half], plainFloat),
    floats([rows, half], plainFloat),
    ints([batch, time], 0, rows - 1),
  ).map(arrays => ({ arrays, indices: rows, build: (x, cos, sin, at) => rope(x!, cos!, sin!, at!) }) satisfies Case)
})

const attentions = fc
  .record({
    batch: size,
    time: fc.integer({ min: 1, max: 9 }),
    past: fc.integer({ min: 0, max: 4 }),
    groups: fc.integer({ min: 1, max: 3 }),
    share: fc.integer({ min: 1, max: 3 }),
    width: positive,
    tile: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ batch, time, past, groups, share, width, tile }) =>
    of(
      all(
        floats([batch, time, groups * share, width], plainFloat),
        floats([batch, past + time, groups, width], plainFloat),
        floats([batch, past + time, groups, width], plainFloat),
      ),
      (q, k, v) => attention(q!, k!, v!, { scale: 0.5, tile, tiles: Math.ceil(time / tile) }),
    ),
  )

/** Cases for every registered primitive and composite, by name. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  neg: unary(cellwise.neg, EXACT),
  exp: unary(cellwise.exp, { rtol: 1e-6, atol: 1e-37 }),
  log: unary(cellwise.log, { rtol: 1e-6, atol: 1e-7 }),
  sqrt: unary(cellwise.sqrt, ROUNDED),
  tanh: unary(cellwise.tanh, APPROXIMATE),
  erf: unary(cellwise.erf, APPROXIMATE),
  add: binary(cellwise.add, true),
  sub: binary(cellwise.sub, true),
  mul: binary(cellwise.mul, true),
  div: binary(cellwise.div, false),
  max: binary(cellwise.max, true),
  eq: binary(cellwise.eq, true),
  lessOrEqual: binary(cellwise.lessOrEqual, true),
  where: {
    cases: fc
      .tuple(broadcastable(3), fc.constantFrom(floats, ints))
      .chain(([[c, a, b], make]) =>
        of(all(bools(c!), (make as typeof anyOf)(a!), (make as typeof anyOf)(b!)), (m, x, y) =>
          cellwise.where(m!, x!, y!),
        ),
      ),
    tolerance: EXACT,
  },
  cast: {
    cases: fc.tuple(shape(), fc.constantFrom('f32', 'i32', 'bool')).chain(([s, to]) =>
      // float32 beyond int32 has no int32: what a cast makes of it differs between machines.
      of(all(to === 'i32' ? fc.oneof(floats(s, plainFloat), bools(s)) : anyOf(s)), x => cellwise.cast(x!, to)),
    ),
    tolerance: EXACT,
  },
  sum: reduction(sum, undefined, SUMMED),
  maximum: reduction(maximum, number, EXACT),
  argmax: {
    cases: shape(1).chain(s =>
      axisOf(s).chain(axis => of(all(floats(s.with(axis, Math.max(1, s[axis]!)), number)), x => argmax(x!, axis))),
    ),
    tolerance: EXACT,
  },
  matmul: { cases: matmuls, tolerance: SUMMED },
  innerProducts: { cases: products, tolerance: SUMMED },
  linear: { cases: linears, tolerance: SUMMED },
  reshape: {
    cases: shape().chain(s =>
      fc.tuple(anyOf(s), reshaped(s)).map(([x, to]) => ({ arrays: [x], build: y => reshape(y!, to) })),
    ),
    tolerance: EXACT,
  },
  permute: {
    cases: shape().chain(s =>
      fc
        .tuple(anyOf(s), fc.shuffledSubarray([...s.keys()], { minLength: s.length }))
        .map(([x, order]) => ({ arrays: [x], build: y => permute(y!, order) })),
    ),
    tolerance: EXACT,
  },
  expand: {
    cases: broadcastable(1).chain(([s]) =>
      fc
        .tuple(anyOf(s!), fc.array(size, { maxLength: 4 - s!.length }), fc.array(size, { minLength: 4, maxLength: 4 }))
        .map(([x, lead, wide]) => {
          const to = [...lead, ...s!.map((d, i) => (d === 1 ? wide[i]! : d))]
          return { arrays: [x], build: y => expand(y!, to) }
        }),
    ),
    tolerance: EXACT,
  },
  slice: {
    cases: shape(1).chain(s =>
      axisOf(s).chain(axis =>
        fc
          .tuple(anyOf(s), fc.nat({ max: s[axis]! }), fc.nat({ max: s[axis]! }))
          .map(([x, a, b]) => ({ arrays: [x], build: y => slice(y!, axis, Math.min(a, b), Math.max(a, b)) })),
      ),
    ),
    tolerance: EXACT,
  },
  concat: { cases: concats, tolerance: EXACT },
  gather: { cases: gathers, tolerance: EXACT },
  gatherAlong: { cases: gathersAlong, tolerance: EXACT },
  iota: { cases: size.map(n => ({ arrays: [], build: () => iota(n) })), tolerance: EXACT },
  softmax: unary(softmax, APPROXIMATE, 1),
  logsumexp: unary(logsumexp, APPROXIMATE, 1),
  rmsNorm: {
    cases: fc
      .tuple(shape(0, 3), size)
      .chain(([rows, n]) =>
        of(all(floats([...rows, n], plainFloat), floats([n], plainFloat)), (x, w) => rmsNorm(x!, w!, 1e-5)),
      ),
    tolerance: { rtol: 2e-6, atol: 1e-6 },
  },
  silu: unary(silu, APPROXIMATE),
  gelu: {
    cases: fc
      .tuple(shape(), fc.constantFrom('none', 'tanh'))
      .chain(([s, kind]) => of(all(floats(s)), x => gelu(x!, kind))),
    tolerance: APPROXIMATE,
  },
  rope: { cases: ropes, tolerance: SUMMED },
  attention: { cases: attentions, tolerance: SUMMED },
}
