import { bad, show } from './fault.ts'
import type { TensorSource } from './source.ts'
import type { StoredTensor } from './tensors.ts'

/** One weight that a model needs, and where its source keeps it. */
export interface LayoutEntry {
  /** Name under which the model asks for it. */
  readonly name: string
  /** Name of the tensor in the source. */
  readonly from: string
  /** Shape that the configuration implies, row-major. */
  readonly shape: readonly number[]
  /**
   * Heads whose rows the source keeps in the order of interleaved rotary positions (GGUF's q and k): row 2j + half of
   * a head becomes row half · D/2 + j.
   */
  readonly interleavedHeads?: number
}
export type Layout = readonly LayoutEntry[]

export interface PlacedWeight {
  readonly entry: LayoutEntry
  readonly tensor: StoredTensor
}

/** Finds every weight of a layout in the source and compares the shapes. */
export function placeWeights(
  source: Pick<TensorSource, 'format' | 'file' | 'tensors'>,
  layout: Layout,
): PlacedWeight[] {
  return layout.map(entry => {
    const tensor = source.tensors.get(entry.from)
    const { file } = source
    const asked = source.format === 'gguf' ? 'the metadata imply' : 'config.json implies'
    if (tensor === undefined) {
      const details = { code: 'weight-missing', file, where: entry.from, found: 'nothing', allowed: show(entry.shape) }
      throw bad(details, `tensor ${show(entry.from)} is missing; ${asked} one of shape ${show(entry.shape)}.`)
    }
    const same = tensor.shape.length === entry.shape.length && tensor.shape.every((d, i) => d === entry.shape[i])
    if (same) return { entry, tensor }
    const details = {
      code: 'weight-shape',
      file: tensor.file,
      where: entry.from,
      found: tensor.shape,
      allowed: entry.shape,
    }
    throw bad(details, `tensor ${show(entry.from)} has shape ${show(tensor.shape)}, but ${asked} ${show(entry.shape)}.`)
  })
}
