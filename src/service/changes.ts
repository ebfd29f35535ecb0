import { f32 } from '../words/arrays.ts'
import { throwIfAborted } from '../words/error.ts'
import type { Pass } from './pass.ts'
import type { ChangesResult } from './verbs.ts'

/** ‖z′ − z‖ / ‖z‖ of every head over all positions; 0 below the first edit. */
export async function headChanges(pass: Pass, signal: AbortSignal | undefined): Promise<ChangesResult> {
  const { layers, heads, headDim } = pass.engine.config
  const result = new Float32Array(layers * heads)
  const clean = pass.below
  for (let layer = pass.start; clean && layer < layers; layer++) {
    throwIfAborted(signal)
    const [{ data: z }, { data: edited }] = [await clean.z(layer, signal), await pass.z(layer, signal)]
    const moved = new Float64Array(heads)
    const length = new Float64Array(heads)
    for (let i = 0; i < z.length; i++) {
      const head = Math.floor(i / headDim) % heads
      moved[head]! += (edited[i]! - z[i]!) ** 2
      length[head]! += z[i]! ** 2
    }
    for (let head = 0; head < heads; head++) result[layer * heads + head] = Math.sqrt(moved[head]! / length[head]!)
  }
  return { z: f32([layers, heads], result) }
}
