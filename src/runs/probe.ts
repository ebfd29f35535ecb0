import type { Sym } from '../graph/sym.ts'
import type { Axis, Point } from '../words/site.ts'

/**
 * Turns a pattern [batch, head, query, key] into one number per query row, [batch, head, query, 1]; `aux` gives a fed
 * array [batch, 1, query, key] by its name.
 */
export type RowReduction = (pattern: Sym, aux: (name: string) => Sym) => Sym

/**
 * What is done at one point of one graph. A feed makes the point a fresh input and cuts the graph there; an affine
 * probe makes x' = where(m, a·x + b, x) with m, a and b fed at run time, varying over the named axes; a capture makes
 * the value (or a reduction of its rows) an output. At one point they act in that order.
 */
export type Probe = { readonly at: Point } & (
  | { readonly do: 'capture'; readonly reduce?: { readonly id: string; readonly rows: RowReduction } }
  | { readonly do: 'feed' }
  | { readonly do: 'affine'; readonly over: readonly Axis[] }
)
