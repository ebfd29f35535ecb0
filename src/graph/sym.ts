import type { DType, NDArray } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Dims, type Shape, shapeText } from './dim.ts'
import type { Emitter, Target } from './emit.ts'

export interface Type {
  readonly dtype: DType
  readonly shape: Shape
}

export const typeText = ({ dtype, shape }: Type): string => `${dtype}${shapeText(shape)}`

/**
 * For each input, for each of its axes: the output axis along which it flows elementwise (index i of the input
 * reaches only index i of the output, or every index where it is broadcast), or `null` where the axis is mixed.
 */
export type Flow = readonly (readonly (number | null)[])[]

/** A primitive with its attributes bound: what one node does. */
export interface Operation {
  readonly name: string
  /** Equal keys on equal inputs mean equal values. */
  readonly key: string
  readonly flow: (inputs: readonly Type[], out: Type) => Flow
  /** Floating-point operations of the contraction (2 per multiply-add) as a size; 0 for everything else. */
  readonly flops: (inputs: readonly Type[], out: Type) => Shape
  /** The slow, obvious computation; absent where `expand` defines the operation. */
  readonly evaluate?: (inputs: readonly NDArray[], shape: readonly number[], dims: Dims) => NDArray
  /** The definition of a composite in terms of primitives. */
  readonly expand?: (inputs: readonly Sym[]) => Sym
  /** Writes the node for a target and gives its output's name; undefined: the target takes the form or the expansion. */
  readonly lower?: (e: Emitter, inputs: readonly string[], node: Sym) => string | undefined
  /** An equal graph that a target computes instead of the expansion. */
  readonly form?: (inputs: readonly Sym[], target: Target) => Sym | undefined
}

/** A symbolic value: the node of the graph that computes it. Immutable; nothing is computed until a graph runs. */
export interface Sym extends Type {
  readonly operation: Operation
  readonly inputs: readonly Sym[]
  /** Which part of the model built it, e.g. `decoder.6`. */
  readonly scope: string
}

let scope = ''
/** Every node that `build` makes carries the name, for printouts, counts and errors. */
export function scoped<T>(name: string, build: () => T): T {
  const outer = scope
  scope = name
  try {
    return build()
  } finally {
    scope = outer
  }
}

export const makeSym = (operation: Operation, inputs: readonly Sym[], type: Type, inScope = scope): Sym => ({
  operation,
  inputs,
  dtype: type.dtype,
  shape: type.shape,
  scope: inScope,
})

/** This folder as it stands in stack traces; a trailing slash keeps others of the same beginning apart. */
const HERE = new URL(import.meta.url).pathname.replace(/[^/]*$/, '')

/** The first line outside the graph folder on the current stack: the model code that asked. */
function callerLine(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1)
  const line = lines.find(l => !l.includes(HERE) && !l.includes('node:internal') && !l.includes('<anonymous>)'))
  return line?.match(/([^\s(/\\]+[\\/][^\s(/\\]+:\d+):\d+\)?$/)?.[1] ?? 'unknown place'
}

/** The error of a type rule: names the operation, the shapes and the line of model code. */
export function typeError(name: string, inputs: readonly Type[], why: string): HeadwiseError {
  const types = inputs.map(typeText).join(', ')
  const line = callerLine()
  return new HeadwiseError(`${name}(${types}): ${why} (at ${line}${scope && `, in ${scope}`}).`, {
    code: 'graph-type',
    fault: 'failed',
    where: line,
    found: types,
    allowed: why,
  })
}

/** What is computed from what: named inputs (in feeding order) and named outputs. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Type>
  readonly outputs: ReadonlyMap<string, Sym>
}

/**
 * Every node that the outputs need, inputs before users; of the `known` ones, what they in turn need is left out.
 * Iterative, so that depth does not matter.
 */
export function topological(outputs: Iterable<Sym>, known?: { has(s: Sym): boolean }): Sym[] {
  const order: Sym[] = []
  const open = new Set<Sym>()
  const done = new Set<Sym>()
  const stack: Sym[] = []
  for (const root of outputs) {
    stack.push(root)
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!
      if (!open.has(node)) {
        open.add(node)
        if (!known?.has(node))
          for (let i = node.inputs.length - 1; i >= 0; i--) if (!open.has(node.inputs[i]!)) stack.push(node.inputs[i]!)
      } else {
        stack.pop()
        if (done.has(node)) continue
        done.add(node)
        order.push(node)
      }
    }
  }
  return order
}
