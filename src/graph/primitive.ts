import { bool, type DType, f32, i32, type NDArray, sizeOf } from '../words/arrays.ts'
import { type Dims, Polynomial, type Shape } from './dim.ts'
import type { Emitter, Target } from './emit.ts'
import { type Flow, makeSym, type Operation, type Sym, type Type, typeError } from './sym.ts'

/** Everything about one primitive in one entry. `A` is the record of its attributes. */
export interface Primitive<A> {
  readonly name: string
  /** The output's type, or a sentence that says why the inputs do not fit. */
  readonly type: (inputs: readonly Type[], attributes: A) => Type | string
  readonly evaluate: (inputs: readonly NDArray[], attributes: A, shape: readonly number[], dims: Dims) => NDArray
  readonly lower: (e: Emitter, inputs: readonly string[], attributes: A, node: Sym) => string
  readonly flow: (inputs: readonly Type[], attributes: A, out: Type) => Flow
  readonly flops?: (inputs: readonly Type[], out: Type) => Shape
  /**
   * Vector–Jacobian product: from the output's cotangent, a cotangent for each input (`null` where none flows).
   * A primitive without it is constant in its inputs as far as differentiation is concerned.
   */
  readonly derivative?: (cotangent: Sym, inputs: readonly Sym[], output: Sym, attributes: A) => readonly (Sym | null)[]
}

/** A composite is defined by its expansion; a fused lowering may stand in for it where nothing inside is tapped. */
export interface Composite<A> {
  readonly name: string
  /** The output's type, or a sentence that says why the inputs do not fit. */
  readonly type: (inputs: readonly Type[], attributes: A) => Type | string
  readonly expand: (inputs: readonly Sym[], attributes: A) => Sym
  /** A target's own nodes; undefined where the target takes the form or the expansion. */
  readonly lower?: (e: Emitter, inputs: readonly string[], attributes: A, node: Sym) => string | undefined
  /** An equal graph that a target computes instead of the expansion. */
  readonly form?: (inputs: readonly Sym[], attributes: A, target: Target) => Sym | undefined
  readonly flow: (inputs: readonly Type[], attributes: A, out: Type) => Flow
  readonly flops?: (inputs: readonly Type[], out: Type) => Shape
}

/** Applies a primitive with its attributes to its operands. */
export type Apply<A> = (inputs: readonly Sym[], attributes: A) => Sym

const primitives = new Map<string, 'primitive' | 'composite'>()
/** Every registered primitive and composite by name: the table that tests walk. */
export const registered: ReadonlyMap<string, 'primitive' | 'composite'> = primitives

/** Attributes as text, equal where they are equal: `{axis:1,start:past,end:past + time}`. */
function attributeText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(attributeText).join()}]`
  if (value instanceof Polynomial || typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([name, v]) => `${name}:${attributeText(v)}`)
    .join()}}`
}

function operationKey(name: string, attributes: object): string {
  const text = attributeText(attributes)
  return text === '{}' ? name : `${name}${text}`
}

/** Applies operations whose attributes are bound once for all nodes that share them. */
function applying<A extends object>(
  name: string,
  typeOf: (inputs: readonly Type[], attributes: A) => Type | string,
  bind: (key: string, attributes: A) => Operation,
): Apply<A> {
  const bound = new Map<string, Operation>()
  return (inputs, attributes) => {
    const type = typeOf(inputs, attributes)
    if (typeof type === 'string') throw typeError(name, inputs, type)
    const key = operationKey(name, attributes)
    const operation = bound.get(key) ?? bind(key, attributes)
    bound.set(key, operation)
    return makeSym(operation, inputs, type)
  }
}

export function primitive<A extends object>(p: Primitive<A>): Apply<A> {
  primitives.set(p.name, 'primitive')
  return applying(p.name, p.type, (key, attributes) => ({
    name: p.name,
    key,
    flow: (types, out) => p.flow(types, attributes, out),
    flops: (types, out) => p.flops?.(types, out) ?? [0],
    evaluate: (values, shape, dims) => p.evaluate(values, attributes, shape, dims),
    lower: (e, names, node) => p.lower(e, names, attributes, node),
  }))
}

export function composite<A extends object>(c: Composite<A>): Apply<A> {
  primitives.set(c.name, 'composite')
  const { lower, form } = c
  return applying(c.name, c.type, (key, attributes) => ({
    name: c.name,
    key,
    flow: (types, out) => c.flow(types, attributes, out),
    flops: (types, out) => c.flops?.(types, out) ?? [0],
    expand: syms => c.expand(syms, attributes),
    ...(lower && { lower: (e, names, node) => lower(e, names, attributes, node) }),
    ...(form && { form: (syms, target) => form(syms, attributes, target) }),
  }))
}

/** Flow of an operation whose output axis i comes from input axis i, aligned at the right. */
export const elementwiseFlow = (inputs: readonly Type[], out: Type): Flow =>
  inputs.map(t => t.shape.map((_, i) => out.shape.length - t.shape.length + i))

/** An array of zeros. */
export function zeros(dtype: DType, shape: readonly number[]): NDArray {
  const n = sizeOf(shape)
  if (dtype === 'f32') return f32(shape, new Float32Array(n))
  return dtype === 'i32' ? i32(shape, new Int32Array(n)) : bool(shape, new Uint8Array(n))
}

/** Row-major strides, 0 where an axis of size 1 is broadcast to `shape` (aligned at the right). */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = new Array<number>(to.length).fill(0)
  let step = 1
  for (let i = from.length - 1; i >= 0; i--) {
    if (from[i] !== 1) strides[to.length - from.length + i] = step
    step *= from[i]!
  }
  return strides
}

/** Calls `visit(flat, offsets)` for every cell of `shape` in row-major order; offsets follow the given strides. */
export function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (flat: number, offsets: readonly number[]) => void,
): void {
  const count = sizeOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  const offsets = strides.map(() => 0)
  for (let flat = 0; flat < count; flat++) {
    visit(flat, offsets)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++
      for (let s = 0; s < strides.length; s++) offsets[s]! += strides[s]![axis]!
      if (index[axis]! < shape[axis]!) break
      for (let s = 0; s < strides.length; s++) offsets[s]! -= strides[s]![axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}
