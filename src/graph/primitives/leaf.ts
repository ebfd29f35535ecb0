import type { DType, NDArray } from '../../words/arrays.ts'
import { f32 } from '../../words/arrays.ts'
import type { Shape } from '../dim.ts'
import { makeSym, type Operation, type Sym } from '../sym.ts'

const none = { flow: () => [], flops: () => [0] }
const identities = new WeakMap<NDArray, number>()
let constants = 0

/** Large constants are equal when they are the same array; small ones when their contents are. */
function constantKey(value: NDArray): string {
  if (value.data.length <= 16)
    return `constant ${value.dtype}[${value.shape}](${Array.from(value.data)
      .map(v => (Object.is(v, -0) ? '-0' : v))
      .join(',')})`
  if (!identities.has(value)) identities.set(value, constants++)
  return `constant #${identities.get(value)}`
}

/** A value known when the graph is built. */
export function constant(value: NDArray): Sym {
  const operation: Operation = {
    ...none,
    name: 'constant',
    key: constantKey(value),
    evaluate: () => value,
    lower: e => e.constant(value),
  }
  return makeSym(operation, [], value, '')
}

export const scalar = (value: number): Sym => constant(f32([], Float32Array.of(value)))

/** A value fed at run time under its name. Every named size of a graph must stand alone on an axis of some input. */
export function input(name: string, dtype: DType, shape: Shape): Sym {
  const operation: Operation = { ...none, name: 'input', key: `input ${name}`, lower: e => e.input(name, dtype, shape) }
  return makeSym(operation, [], { dtype, shape }, '')
}

/** A float32 weight of the model by its name in the checkpoint. */
export function weight(name: string, shape: readonly number[]): Sym {
  const operation: Operation = { ...none, name: 'weight', key: `weight ${name}`, lower: e => e.weight(name) }
  return makeSym(operation, [], { dtype: 'f32', shape }, '')
}

/** The name under which a leaf is fed or stored. */
export const leafName = (s: Sym): string => s.operation.key.slice(s.operation.name.length + 1)
