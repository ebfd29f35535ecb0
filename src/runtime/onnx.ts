import { type Dim, dimKey, type Shape } from '../graph/dim.ts'
import type { Attribute, Emitter, Target } from '../graph/emit.ts'
import { zeros } from '../graph/primitive.ts'
import { type Graph, type Sym, topological } from '../graph/sym.ts'
import { HeadwiseError } from '../words/error.ts'
import {
  encodeModel,
  type NodeRecord,
  ONNX_TYPE,
  type TensorRecord,
  tensorRecord,
  type ValueRecord,
} from './onnx-format.ts'
import { entryOf, type WeightEntry, type Weights } from './weights.ts'

const shapeRecord = (shape: Shape): (number | string)[] => shape.map(d => (typeof d === 'number' ? d : dimKey(d)))

/** Where an ONNX model finds a weight: inside itself, in a span of a file beside it, or fed at every run. */
export type Place = (name: string, entry: WeightEntry) => TensorRecord['content'] | 'fed'

const NO_ATTRIBUTES = {}

/** Collects the nodes of one ONNX graph; equal nodes are written once. */
class Writer implements Emitter {
  readonly nodes: NodeRecord[] = []
  readonly made = new Map<string, NodeRecord>()
  readonly initializers = new Map<string, TensorRecord>()
  readonly fed = new Map<string, ValueRecord>()
  readonly domains = new Set([''])
  readonly #known = new Map<string, string>()

  constructor(
    readonly target: Target,
    readonly graph: Graph,
    readonly weights: Weights,
    readonly place: Place,
  ) {}

  node(
    type: string,
    operands: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = NO_ATTRIBUTES,
    domain = '',
  ): string {
    const first = this.made.get(operands[0] ?? '')
    // What is reshaped twice need not be reshaped the first time.
    const inputs = type === 'Reshape' && first?.type === 'Reshape' ? [first.inputs[0]!, operands[1]!] : operands
    const key = `${domain}.${type}(${inputs.join()})${attributes === NO_ATTRIBUTES ? '' : JSON.stringify(attributes)}`
    const twin = this.#known.get(key)
    if (twin !== undefined) return twin
    const output = `${type}_${this.nodes.length}`
    const node = { type, domain, inputs, output, attributes }
    this.nodes.push(node)
    this.made.set(output, node)
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
    const entry = entryOf(this.weights, name)
    const value = { name, type: ONNX_TYPE.f32, shape: entry.shape }
    const content = this.place(name, entry)
    if (content === 'fed') this.fed.set(name, value)
    else this.initializers.set(name, { ...value, content })
    return name
  }

  input(name: string): string {
    return name
  }

  reshapeTo(dims: readonly Dim[]): string {
    const unknown = dims.filter(d => typeof d !== 'number').length
    return unknown === 1 && !dims.includes(0)
      ? this.int64(dims.map(d => (typeof d === 'number' ? d : -1)))
      : this.sizes(dims)
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

/** Not every kernel takes arrays without cells; their value is known anyway. */
const isEmpty = ({ shape }: Sym): boolean => shape.includes(0) && shape.every(d => typeof d === 'number')

/** Emits the nodes that `roots` need; gives the ONNX name of each. */
function emit(w: Writer, roots: Iterable<Sym>, names: Map<Sym, string>): void {
  for (const node of topological(roots, names)) {
    if (names.has(node)) continue
    const { operation } = node
    if (operation.name !== 'input' && isEmpty(node)) {
      names.set(node, w.constant(zeros(node.dtype, node.shape as readonly number[])))
      continue
    }
    const written = operation.lower?.(
      w,
      node.inputs.map(i => names.get(i)!),
      node,
    )
    if (written !== undefined) {
      names.set(node, written)
      continue
    }
    const instead = operation.form?.(node.inputs, w.target) ?? operation.expand!(node.inputs)
    emit(w, [instead], names)
    names.set(node, names.get(instead)!)
  }
}

/**
 * The graph as an ONNX model for a target, its weights where `place` says; weights that are fed become inputs under their
 * own names, after those of the graph.
 * An output takes the name of the value itself where a node makes it only for this output, and a copy otherwise.
 */
export function lowerGraph(graph: Graph, weights: Weights, target: Target, place: Place): Uint8Array {
  const w = new Writer(target, graph, weights, place)
  const names = new Map<Sym, string>()
  emit(w, graph.outputs.values(), names)
  const renamed = new Map<string, string>()
  const outputs: ValueRecord[] = [...graph.outputs].map(([name, s]) => {
    const value = names.get(s)!
    if (w.made.has(value) && !renamed.has(value)) renamed.set(value, name)
    else w.nodes.push({ type: 'Identity', domain: '', inputs: [value], output: name, attributes: {} })
    return { name, type: ONNX_TYPE[s.dtype], shape: shapeRecord(s.shape) }
  })
  const call = (name: string) => renamed.get(name) ?? name
  const needed = new Set<string>(outputs.map(o => o.name))
  const nodes: NodeRecord[] = []
  for (const n of w.nodes.toReversed()) {
    const output = call(n.output)
    if (!needed.has(output)) continue
    const used = n.inputs.map(call)
    for (const i of used) needed.add(i)
    nodes.push({ ...n, inputs: used, output })
  }
  const initializers = [...w.initializers.values()].filter(t => needed.has(t.name))
  const inputs = [...graph.inputs].map(
    ([name, t]): ValueRecord => ({ name, type: ONNX_TYPE[t.dtype], shape: shapeRecord(t.shape) }),
  )
  const fed = [...w.fed.values()].filter(t => needed.has(t.name))
  return encodeModel({
    nodes: nodes.reverse(),
    initializers,
    inputs: [...inputs, ...fed],
    outputs,
    domains: [...w.domains],
  })
}
