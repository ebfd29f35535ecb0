import type { Tiling } from '../attention/mechanisms/softmax.ts'
import type { Sym } from '../graph/sym.ts'
import type { Tap } from './tap.ts'

/** Keys and values of one layer, [batch, position, group, dimension]; keys after rotation. */
export interface LayerKV {
  readonly k: Sym
  readonly v: Sym
}

export interface ModelInput {
  /** Token ids, int32 [batch, time], right-padded: causal attention keeps padding out of every earlier row. */
  readonly input: Sym
  /** Position of each sequence's first token, int32 [batch]. */
  readonly offset: Sym
  /** Keys and values of the positions before, given a layer and its new rows. */
  readonly past?: (layer: number, fresh: LayerKV) => LayerKV
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
