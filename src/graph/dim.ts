import { HeadwiseError } from '../words/error.ts'

/**
 * A size: an integer, or a polynomial with integer coefficients over named sizes (`time`, `past + time`, `batch*time`).
 * Named sizes are at least 1 when a graph runs; integers may be 0.
 */
export type Dim = number | Polynomial
export type Shape = readonly Dim[]
/** The value of every named size for one run. */
export type Dims = Readonly<Record<string, number>>

/** Terms by monomial: the sorted names joined by `*`, the constant under the empty name. No zero coefficients. */
export class Polynomial {
  readonly key: string
  constructor(readonly terms: ReadonlyMap<string, number>) {
    this.key = [...terms]
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .map(([name, c]) => (name === '' ? `${c}` : c === 1 ? name : `${c}*${name}`))
      .join(' + ')
  }
  toString(): string {
    return this.key.replaceAll('+ -', '- ')
  }
}

const termsOf = (d: Dim): ReadonlyMap<string, number> =>
  typeof d === 'number' ? new Map(d === 0 ? [] : [['', d]]) : d.terms

function fromTerms(terms: Map<string, number>): Dim {
  for (const [name, c] of terms) if (c === 0) terms.delete(name)
  if (terms.size === 0) return 0
  if (terms.size === 1 && terms.has('')) return terms.get('')!
  return new Polynomial(terms)
}

/** A named size. */
export const dim = (name: string): Dim => new Polynomial(new Map([[name, 1]]))

export function addDims(a: Dim, b: Dim, sign = 1): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + sign * b + 0
  const terms = new Map(termsOf(a))
  for (const [name, c] of termsOf(b)) terms.set(name, (terms.get(name) ?? 0) + sign * c)
  return fromTerms(terms)
}

export const subDims = (a: Dim, b: Dim): Dim => addDims(a, b, -1)

export function mulDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number') {
    // No size is −0.
    if (typeof b === 'number') return a * b + 0
    return a === 1 ? b : a === 0 ? 0 : new Polynomial(new Map([...b.terms].map(([name, c]) => [name, a * c])))
  }
  if (typeof b === 'number') return mulDims(b, a)
  const terms = new Map<string, number>()
  for (const [n, c] of termsOf(a))
    for (const [m, e] of termsOf(b)) {
      const name = [...n.split('*'), ...m.split('*')].filter(Boolean).sort().join('*')
      terms.set(name, (terms.get(name) ?? 0) + c * e)
    }
  return fromTerms(terms)
}

/** How many cells an array of the shape has. */
export function productOf(shape: Shape): Dim {
  let known = 1
  let named: Dim = 1
  for (const d of shape)
    if (typeof d === 'number') known *= d
    else named = mulDims(named, d)
  return mulDims(known, named)
}
export const dimKey = (d: Dim): string => (typeof d === 'number' ? String(d) : d.key)
export const sameDim = (a: Dim, b: Dim): boolean => a === b || dimKey(a) === dimKey(b)
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => sameDim(d, b[i]!))
export const shapeText = (shape: Shape): string => `[${shape.map(String).join(', ')}]`
export const dimNames = (d: Dim): string[] =>
  typeof d === 'number' ? [] : [...new Set([...d.terms.keys()].flatMap(n => n.split('*')).filter(Boolean))]

/** The integer that a size has in one run. */
export function evaluateDim(d: Dim, dims: Dims): number {
  if (typeof d === 'number') return d
  let sum = 0
  for (const [name, c] of d.terms) {
    let product = c
    for (const n of name.split('*')) {
      if (n === '') continue
      const value = dims[n]
      if (value === undefined)
        throw new HeadwiseError(
          `The size "${n}" was given no value; known are ${Object.keys(dims).join(', ') || 'none'}.`,
          {
            code: 'graph-dim-unknown',
            fault: 'failed',
            where: n,
          },
        )
      product *= value
    }
    sum += product
  }
  return sum
}

export const evaluateShape = (shape: Shape, dims: Dims): number[] => shape.map(d => evaluateDim(d, dims))

/** Two sizes under broadcasting: equal, or one of them 1; undefined where they do not fit. */
const broadcastDim = (a: Dim, b: Dim): Dim | undefined => (sameDim(a, b) ? a : a === 1 ? b : b === 1 ? a : undefined)

/** The common shape under NumPy broadcasting, aligned at the right; undefined where the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length)
  const out: Dim[] = []
  for (let i = 0; i < rank; i++) {
    const d = broadcastDim(a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1)
    if (d === undefined) return undefined
    out.push(d)
  }
  return out
}
