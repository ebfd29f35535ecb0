import type { ReadTile } from '../attention/mechanisms/softmax.ts'
import type { Sym } from '../graph/sym.ts'
import type { Point } from '../words/site.ts'

/**
 * The one call in model code through which every read, feed and edit goes: gives the value back, an edited value,
 * or a fresh input of the same type.
 */
export interface Tap {
  (at: Point, value: Sym): Sym
  /** Whether anything is read or changed there; where not, the model may compute the place away. */
  touches(at: Point): boolean
  /** Takes a pattern that is only read in tiles of query rows, where it is wanted so. */
  tile?(at: Point): ReadTile | undefined
}
