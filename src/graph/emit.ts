import type { DType, NDArray } from '../words/arrays.ts'
import type { Dim, Shape } from './dim.ts'

/** Where a lowered graph will run. `portable` uses standard ONNX operators only. */
export type Target = 'cpu' | 'wasm' | 'webgpu' | 'portable'

export type Attribute = number | string | readonly number[] | { readonly float: number }

/** Writes ONNX nodes; values are known by name. Implemented by the runtime, called by each primitive's lowering. */
export interface Emitter {
  readonly target: Target
  /** One node with one output. Whole-number attributes are ints; `{ float }` marks a float attribute. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: string,
  ): string
  /** A constant int64 vector. */
  int64(values: readonly number[]): string
  constant(value: NDArray): string
  weight(name: string): string
  input(name: string, dtype: DType, shape: Shape): string
  /** The target of a reshape: constant where one size at most is not, which the runtime then finds by itself. */
  reshapeTo(dims: readonly Dim[]): string
  /** An int64 vector of sizes: constant, or computed at run time from the shapes of the graph's inputs. */
  sizes(dims: readonly Dim[]): string
}

/** The operators outside the standard set live in this domain. */
export const CONTRIB = 'com.microsoft'
