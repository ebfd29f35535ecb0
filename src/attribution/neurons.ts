import type { DecoderConfig } from '../models/config.ts'
import type { WritingNeuron } from '../words/writes.ts'

type Sizes = Pick<DecoderConfig, 'dim' | 'mlpDim'>

/** What one neuron adds to the residual: its activation times its column of the down-projection [dim, mlpDim], [dim]. */
export const neuronWrite = (
  { dim, mlpDim }: Sizes,
  down: Float32Array,
  neuron: number,
  activation: number,
): Float32Array => Float32Array.from({ length: dim }, (_, i) => activation * down[i * mlpDim + neuron]!)

/** Every neuron of a block with its activation, [mlpDim], and the length of what it writes. */
export function writingNeurons({ dim, mlpDim }: Sizes, down: Float32Array, activations: Float32Array): WritingNeuron[] {
  const squares = new Float64Array(mlpDim)
  for (let i = 0; i < dim; i++) for (let n = 0; n < mlpDim; n++) squares[n]! += down[i * mlpDim + n]! ** 2
  return Array.from(squares, (square, neuron) => {
    const activation = activations[neuron]!
    return { neuron, activation, length: Math.abs(activation) * Math.sqrt(square) }
  })
}
