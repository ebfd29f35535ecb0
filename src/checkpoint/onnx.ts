import { ExternalFiles, type ExternalSpan } from './external-data.ts'
import { bad, show } from './fault.ts'
import { RegularFile } from './files.ts'
import { addDims, countElements, expectOnce, judgeTensor } from './onnx-tensor.ts'
import { type Field, ProtobufFile, type Span } from './protobuf.ts'

/** What a judged `.onnx` file holds. */
export interface OnnxFacts {
  /** Weights of its graphs, those inside nodes included. */
  readonly initializers: number
  /** Tensors whose content lies beside it: `length` bytes from `offset` of the file `location`. */
  readonly external: readonly (ExternalSpan & { readonly name: string })[]
}

type Message =
  | 'annotation'
  | 'attribute'
  | 'function'
  | 'graph'
  | 'leaf'
  | 'map'
  | 'model'
  | 'node'
  | 'sequence'
  | 'shape'
  | 'sparse tensor'
  | 'tensor'
  | 'tensor type'
  | 'training'
  | 'type'
  | 'value'
interface Inner {
  readonly message: Message
  readonly once: boolean
}
const one = (message: Message): Inner => ({ message, once: true })
const many = (message: Message): Inner => ({ message, once: false })
const fields = (table: Readonly<Record<number, Inner>>): ReadonlyMap<number, Inner> =>
  new Map(Object.entries(table).map(([number, inner]) => [Number(number), inner]))

/** The messages inside each message of onnx.proto3 (IR 12), by field number. A leaf has none. */
const MESSAGES: Readonly<Record<Exclude<Message, 'tensor'>, ReadonlyMap<number, Inner>>> = {
  model: fields({ 7: one('graph'), 8: many('leaf'), 14: many('leaf'), 20: many('training'), 25: many('function') }),
  training: fields({ 1: one('graph'), 2: one('graph'), 3: many('leaf'), 4: many('leaf') }),
  function: fields({ 7: many('node'), 9: many('leaf'), 11: many('attribute'), 12: many('value'), 14: many('leaf') }),
  graph: fields({
    1: many('node'),
    5: many('tensor'),
    11: many('value'),
    12: many('value'),
    13: many('value'),
    14: many('annotation'),
    15: many('sparse tensor'),
    16: many('leaf'),
  }),
  node: fields({ 5: many('attribute'), 9: many('leaf') }),
  attribute: fields({
    5: one('tensor'),
    6: one('graph'),
    10: many('tensor'),
    11: many('graph'),
    14: one('type'),
    15: many('type'),
    22: one('sparse tensor'),
    23: many('sparse tensor'),
  }),
  'sparse tensor': fields({ 1: one('tensor'), 2: one('tensor') }),
  value: fields({ 2: one('type'), 4: many('leaf') }),
  annotation: fields({ 2: many('leaf') }),
  type: fields({ 1: one('tensor type'), 4: one('sequence'), 5: one('map'), 8: one('tensor type'), 9: one('sequence') }),
  'tensor type': fields({ 2: one('shape') }),
  shape: fields({ 1: many('leaf') }),
  sequence: fields({ 1: one('type') }),
  map: fields({ 2: one('type') }),
  leaf: fields({}),
}
const MODEL_GRAPH = 7
const SPARSE = { values: 1, dims: 3 }

/**
 * Judges the tensors of an ONNX model and the files beside it that hold their content, before any runtime sees them:
 * the wire format of every message, then name, shape, element type and size of every initializer and every tensor in
 * an attribute. Weights are passed over unread, operators are not judged.
 */
export function judgeOnnx(path: string): OnnxFacts {
  using file = new RegularFile(path)
  const pbf = new ProtobufFile(file)
  const files = new ExternalFiles(path)
  const external: (ExternalSpan & { name: string })[] = []
  let initializers = 0

  /** `names` are those of the initializers of the graph that the message directly belongs to. */
  function visit(message: Exclude<Message, 'tensor'>, span: Span, names?: Set<string>): Set<number> {
    const seen = new Set<number>()
    const own = message === 'graph' ? new Set<string>() : names
    for (const field of pbf.fields(span)) {
      const inner = MESSAGES[message].get(field.number)
      if (inner === undefined) continue
      expectMessage(field, message)
      if (inner.once) expectOnce(pbf, message, seen, field)
      seen.add(field.number)
      if (inner.message === 'tensor') tensor(message, field, own)
      else if (inner.message === 'sparse tensor') sparseTensor(field, own)
      else visit(inner.message, field)
    }
    return seen
  }

  function sparseTensor(span: Span, names: Set<string> | undefined): void {
    visit('sparse tensor', span, names)
    const dims: bigint[] = []
    for (const field of pbf.fields(span)) if (field.number === SPARSE.dims) addDims(pbf, field, dims)
    countElements(pbf, `sparse tensor at byte ${span.start}`, dims)
  }

  function expectMessage(field: Field, message: Message): void {
    if (field.wire === 'bytes') return
    const where = `byte ${field.start}`
    const details = { code: 'onnx-field', file: path, where, found: field.wire, allowed: 'bytes' }
    throw bad(details, `field ${field.number} of a ${message} holds ${field.wire} at ${where}; expected a message.`)
  }

  function tensor(parent: Message, field: Field, names: Set<string> | undefined): void {
    const sparse = parent === 'sparse tensor'
    const initializer = names !== undefined && (!sparse || field.number === SPARSE.values)
    const role = initializer ? 'initializer' : 'tensor'
    const judged = judgeTensor(pbf, field, role)
    if (initializer) {
      initializers++
      addName(names, judged.name, judged.label)
    }
    if (judged.external === undefined) return
    if (sparse) {
      const details = { code: 'external-sparse', file: path, where: judged.label, found: 'external_data' }
      throw bad(details, `${judged.label} is part of a sparse tensor, whose content must not lie outside the model.`)
    }
    external.push({ name: judged.name, ...files.span(judged.label, judged.external, judged.bytes) })
  }

  function addName(names: Set<string>, name: string, label: string): void {
    if (name !== '' && !names.has(name)) {
      names.add(name)
      return
    }
    const details = { code: 'onnx-name', file: path, where: label, found: name, allowed: 'a name of its own' }
    throw bad(details, `${label} has ${name === '' ? 'no name' : `the name ${show(name)} of another`}.`)
  }

  if (!visit('model', pbf.whole).has(MODEL_GRAPH)) {
    const details = { code: 'onnx-graph', file: path, where: 'graph', found: 'nothing', allowed: 'a graph' }
    throw bad(details, 'the file holds no ONNX graph; it is empty, cut, or something else.')
  }
  return { initializers, external }
}
