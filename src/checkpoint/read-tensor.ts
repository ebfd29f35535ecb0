import { codecOf } from './dequantise.ts'
import { RegularFile } from './files.ts'
import type { StoredTensor } from './tensors.ts'

/** A whole small tensor as float32; the weights themselves go through `prepareWeights`. */
export function readTensor(tensor: StoredTensor): Float32Array {
  const codec = codecOf(tensor)
  const out = new Float32Array((tensor.bytes / codec.bytes) * codec.block)
  using file = new RegularFile(tensor.file)
  codec.decode(file.bytes(tensor.offset, tensor.bytes), out)
  return out
}
