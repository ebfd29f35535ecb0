import { basename } from 'node:path'
import { type Dim, dimKey, dimNames, type Shape } from '../graph/dim.ts'
import type { Attribute, Emitter, Target } from '../graph/emit.ts'
import { type Graph, type Sym, topological } from '../graph/sym.ts'
import { sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import {
  encodeModel,
  type NodeRecord,
  ONNX_TYPE,
  type TensorRecord,
  tensorRecord,
  type ValueRecord,
} from './onnx-format.ts'
import type { Weights } from './weights.ts'

const shapeRecord = (shape: Shape): (number | string)[] => shape.map(d => (typeof d === 'number' ? d : dimKey(d)))

/** Collects the nodes of one ONNX graph; equal nodes are written once. */
class Writer implements Emitter {
  readonly nodes: NodeRecord[] = []
  readonly initializers = new Map<string, TensorRecord>()
  readonly domains = new Set([''])
  readonly #known = new Map<string, string>()

  constructor(
    readonly target: Target,
    readonly graph: Graph,
    readonly weights: Weights,
  ) {}

  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const key = `${domain}.${type}(${inputs.join()})${JSON.stringify(attributes)}`
    const twin = this.#known.get(key)
    if (twin !== undefined) return twin
    const output = `${type}_${this.nodes.length}`
    this.nodes.push({ type, domain, inputs, output, attributes })
    this.domains.add(domain)
    this.#known.set(key, output)
    return output
  }

  int64(values: readonly number[]): string {
    const name = `int64[${values.join()}]`
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    if (!this.initializers.has(name))
      this.initializers.set(name, { name, type: ONNX_TYPE.i64, shape: [values.length], content: { bytes } })
    return name
  }

  constant(value: Parameters<Emitter['constant']>[0]): string {
    const name = `constant_${this.initializers.size}`
    this.initializers.set(name, tensorRecord(name, value))
    return name
  }

  weight(name: string): string {
    const entry = this.weights.entry(name)
    if (!entry)
      throw new HeadwiseError(`The weights hold no tensor named "${name}".`, { code: 'weight-missing', where: name })
    const content = { location: basename(entry.file), offset: entry.offset, length: 4 * sizeOf(entry.shape) }
    this.initializers.set(name, { name, type: ONNX_TYPE.f32, shape: entry.shape, content })
    return name
  }

  input(name: string): string {
    return name
  }

  sizes(dims: readonly Dim[]): string {
    if (dims.every(d => typeof d === 'number')) return this.int64(dims)
    const parts = dims.map(d => (typeof d === 'number' ? this.int64([d]) : this.#size(d)))
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: 0 })
  }

  /** A named size is read off the input that has it as an axis; a polynomial is computed from those. */
  #size(d: Exclude<Dim, number>): string {
    const terms = [...d.terms].map(([monomial, c]) => {
      const factors = monomial
        .split('*')
        .filter(Boolean)
        .map(n => this.#named(n))
      if (c !== 1 || factors.length === 0) factors.push(this.int64([c]))
      return factors.reduce((a, b) => this.node('Mul', [a, b]))
    })
    return terms.reduce((a, b) => this.node('Add', [a, b]))
  }

  #named(name: string): string {
    for (const [input, { shape }] of this.graph.inputs) {
      const axis = shape.findIndex(d => dimKey(d) === name)
      if (axis >= 0) return this.node('Shape', [input], { start: axis, end: axis + 1 })
    }
    throw new HeadwiseError(`No input of the graph has the size "${name}" as an axis.`, {
      code: 'graph-dim-unbound',
      fault: 'failed',
      where: name,
    })
  }
}

/** Emits the nodes that `roots` need; gives the ONNX name of each. */
function emit(w: Writer, roots: Iterable<Sym>, names: Map<Sym, string>): void {
  for (const node of topological(roots)) {
    if (names.has(node)) continue
    const { operation } = node
    const lowered =
      operation.lower?.(
        w,
        node.inputs.map(i => names.get(i)!),
        node,
      ) ?? operation.expand!(node.inputs)
    if (typeof lowered === 'string') names.set(node, lowered)
    else {
      emit(w, [lowered], names)
      names.set(node, names.get(lowered)!)
    }
  }
}

/**
 * The graph as an ONNX model for a target. Weights stay where they are: the model names their file, offset and length.
 * An output takes the name of the value itself where a node makes it only for this output, and a copy otherwise.
 */
export function lowerGraph(graph: Graph, weights: Weights, target: Target): Uint8Array {
  const w = new Writer(target, graph, weights)
  const names = new Map<Sym, string>()
  emit(w, graph.outputs.values(), names)
  const made = new Set(w.nodes.map(n => n.output))
  const renamed = new Map<string, string>()
  const outputs: ValueRecord[] = [...graph.outputs].map(([name, s]) => {
    const value = names.get(s)!
    if (made.has(value) && !renamed.has(value)) renamed.set(value, name)
    else w.nodes.push({ type: 'Identity', domain: '', inputs: [value], output: name, attributes: {} })
    return { name, type: ONNX_TYPE[s.dtype], shape: shapeRecord(s.shape) }
  })
  const call = (name: string) => renamed.get(name) ?? name
  const nodes = w.nodes.map(n => ({ ...n, inputs: n.inputs.map(call), output: call(n.output) }))
  const inputs: ValueRecord[] = [...graph.inputs].map(([name, t]) => ({
    name,
    type: ONNX_TYPE[t.dtype],
    shape: shapeRecord(t.shape),
  }))
  return encodeModel({ nodes, initializers: [...w.initializers.values()], inputs, outputs, domains: [...w.domains] })
}

/** Checks what is fed against the graph's inputs and gives the value of every named size. */
export function bindDims(
  graph: Graph,
  feeds: Readonly<Record<string, { dtype: string; shape: readonly number[] }>>,
): Record<string, number> {
  const dims: Record<string, number> = {}
  for (const [name, type] of graph.inputs) {
    const fed = feeds[name]
    const refuse = (found: string) =>
      new HeadwiseError(
        `The input "${name}" of the graph takes ${type.dtype}[${type.shape.join(', ')}]; found ${found}.`,
        {
          code: 'graph-feed',
          fault: 'failed',
          where: name,
          found,
          allowed: `${type.dtype}[${type.shape.join(', ')}]`,
        },
      )
    if (!fed) throw refuse('nothing')
    const found = `${fed.dtype}[${fed.shape.join(', ')}]`
    if (fed.dtype !== type.dtype || fed.shape.length !== type.shape.length) throw refuse(found)
    for (const [i, d] of type.shape.entries()) {
      const size = fed.shape[i]!
      const named = typeof d === 'number' ? undefined : dimKey(d)
      const expected = typeof d === 'number' ? d : dims[named!]
      if (expected !== undefined ? expected !== size : !dimNames(d).includes(named!)) throw refuse(found)
      if (named !== undefined) dims[named] = size
    }
  }
  return dims
}
