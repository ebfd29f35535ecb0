import type { Tiling } from '../attention/mechanisms/softmax.ts'
import type { Sym } from '../graph/sym.ts'
import type { Tap } from './tap.ts'

/** Keys and values of one layer, [batch, position, group, dimension]; keys after rotation. */
export interface LayerKV {
  readonly k: Sym
  readonly v: Sym
}

/** Queries [batch, position, head, dimension], keys and values [batch, key, group, dimension] that meet in attention. */
export interface Meeting extends LayerKV {
  readonly q: Sym
}

export interface ModelInput {
  /** Token ids, int32 [batch, time], right-padded: causal attention keeps padding out of every earlier row. */
  readonly input: Sym
  /** Position of every row in its sequence, int32 [batch, time]. */
  readonly at: Sym
  /** Who meets in the attention of a layer, given its new rows, and how the result returns to those rows. */
  readonly meet?: (layer: number, own: Meeting) => Meeting & { readonly back: (z: Sym) => Sym }
  /** Which rows [batch, time, …] of a layer ask and go on; all rows are keys and values. All go on when absent. */
  readonly narrow?: (layer: number, rows: Sym) => Sym
  /** The layers to build, `from` ≤ layer < `to`; what enters the first is fed. All when absent. */
  readonly segment?: { readonly from: number; readonly to: number; readonly enters: Sym }
  /** Which rows of the flattened [batch · time] the output is wanted for, int32 [rows]; all when absent. */
  readonly read?: Sym
  /** Which columns of the vocabulary the logits are wanted for, int32 [columns]; all when absent. */
  readonly columns?: Sym
  readonly tiling: Tiling
  /** Length of the position tables: more than any position that will be fed. */
  readonly positions: number
}

export interface ModelOutput {
  /** [batch, time, vocabulary], or [rows, vocabulary] under `read`; under `columns` only those of the vocabulary. */
  readonly logits: Sym
  /** The new rows of every layer. */
  readonly kv: readonly LayerKV[]
}

/** A forward pass as a function on symbols. */
export type Model = (x: ModelInput, tap: Tap) => ModelOutput
