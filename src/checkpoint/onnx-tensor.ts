import { EXTERNAL_KEYS } from './external-data.ts'
import { bad, show } from './fault.ts'
import type { Field, ProtobufFile, Span } from './protobuf.ts'
import { elements } from './tensors.ts'

// Field numbers of TensorProto (onnx.proto3).
const DIMS = 1
const TYPE = 2
const SEGMENT = 3
const NAME = 8
const RAW = 9
const EXTERNAL = 13
const LOCATION = 14
const FLOATS = 4
const INT32S = 5
const STRINGS = 6
const INT64S = 7
const DOUBLES = 10
const UINT64S = 11
const VALUES: readonly number[] = [FLOATS, INT32S, STRINGS, INT64S, DOUBLES, UINT64S]
const CONTENT: ReadonlyMap<number, string> = new Map([
  [FLOATS, 'float_data'],
  [INT32S, 'int32_data'],
  [STRINGS, 'string_data'],
  [INT64S, 'int64_data'],
  [RAW, 'raw_data'],
  [DOUBLES, 'double_data'],
  [UINT64S, 'uint64_data'],
  [EXTERNAL, 'external_data'],
])

const MAX_DIMENSIONS = 64

/** How an element is stored: its bits when raw, and the field for values that are not raw. Strings are never raw. */
interface Element {
  readonly bits: number
  readonly values: number
}
const element = (bits: number, values: number, ...types: readonly number[]): (readonly [number, Element])[] =>
  types.map(type => [type, { bits, values }])

/** Storage by TensorProto.DataType. */
const ELEMENTS: ReadonlyMap<number, Element> = new Map([
  ...element(32, FLOATS, 1),
  ...element(8, INT32S, 2, 3, 9, 17, 18, 19, 20, 24),
  ...element(16, INT32S, 4, 5, 10, 16),
  ...element(32, INT32S, 6),
  ...element(64, INT64S, 7),
  ...element(0, STRINGS, 8),
  ...element(64, DOUBLES, 11),
  ...element(32, UINT64S, 12),
  ...element(64, UINT64S, 13),
  ...element(64, FLOATS, 14),
  ...element(128, DOUBLES, 15),
  ...element(4, INT32S, 21, 22, 23),
  ...element(2, INT32S, 25, 26),
])

/** What a TensorProto says of itself, before anything of it is believed. */
interface Stated {
  readonly dims: bigint[]
  readonly once: Map<number, Field>
  readonly external: (readonly [key: string, value: string])[]
  /** Values in each content field that is there; bytes for `raw_data`. */
  readonly content: Map<number, number>
}

/** A judged tensor. */
export interface OnnxTensor {
  readonly name: string
  /** What the sentences call it. */
  readonly label: string
  /** Bytes that its shape and element type take when stored raw. */
  readonly bytes: number
  /** The entries of `external_data`, where the content lies in a file beside the model. */
  readonly external: Stated['external'] | undefined
}

const expectWire = (pbf: ProtobufFile, field: Field, ...allowed: readonly Field['wire'][]): void => {
  if (allowed.includes(field.wire)) return
  const where = `byte ${field.start}`
  const details = { code: 'onnx-field', file: pbf.path, where, found: field.wire, allowed }
  throw bad(details, `field ${field.number} of a tensor holds ${field.wire} at ${where}; expected ${allowed}.`)
}

/** Fields that stand once: readers differ in which one they take. */
export function expectOnce(pbf: ProtobufFile, of: string, seen: { has(n: number): boolean }, field: Field): void {
  if (!seen.has(field.number)) return
  const where = `byte ${field.start}`
  const details = { code: 'onnx-field', file: pbf.path, where, found: 'a second one', allowed: 'one' }
  throw bad(details, `field ${field.number} of a ${of} stands a second time at ${where}; it must stand once.`)
}

function valuesIn(pbf: ProtobufFile, field: Field): number {
  const fixed = field.number === FLOATS ? 4 : field.number === DOUBLES ? 8 : undefined
  if (field.number === STRINGS) {
    expectWire(pbf, field, 'bytes')
    return 1
  }
  if (fixed !== undefined) {
    expectWire(pbf, field, 'bytes', fixed === 4 ? 'fixed32' : 'fixed64')
    return (field.end - field.start) / fixed
  }
  expectWire(pbf, field, 'bytes', 'varint')
  if (field.wire === 'varint') return 1
  let n = 0
  for (const _ of pbf.varints(field)) n++
  return n
}

function readEntry(pbf: ProtobufFile, span: Span): readonly [key: string, value: string] {
  const texts = new Map<number, string>()
  for (const field of pbf.fields(span)) {
    if (field.number > 2) continue
    expectWire(pbf, field, 'bytes')
    expectOnce(pbf, 'key and value', texts, field)
    texts.set(field.number, pbf.text(field))
  }
  return [texts.get(1) ?? '', texts.get(2) ?? '']
}

/** Adds the dimensions of a `dims` field, packed or not, to a list that is never long. */
export function addDims(pbf: ProtobufFile, field: Field, dims: bigint[]): void {
  expectWire(pbf, field, 'bytes', 'varint')
  for (const d of field.wire === 'varint' ? [field.value] : pbf.varints(field)) {
    dims.push(BigInt.asIntN(64, d))
    if (dims.length <= MAX_DIMENSIONS) continue
    const where = `byte ${field.start}`
    const details = { code: 'onnx-dims', file: pbf.path, where, found: dims.length, allowed: MAX_DIMENSIONS }
    throw bad(details, `a tensor has more than ${MAX_DIMENSIONS} dimensions at ${where}.`)
  }
}

/** The number of elements of a shape. */
export function countElements(pbf: ProtobufFile, label: string, dims: readonly bigint[]): number {
  const count = dims.some(d => d < 0n) ? undefined : elements(dims.map(Number))
  if (count !== undefined) return count
  const allowed = 'dimensions from 0 whose product is below 2^53'
  const details = { code: 'onnx-dims', file: pbf.path, where: `${label}, dims`, found: dims, allowed }
  throw bad(details, `${label} has the shape ${show(dims)}; expected ${allowed}.`)
}

function read(pbf: ProtobufFile, span: Span): Stated {
  const stated: Stated = { dims: [], once: new Map(), external: [], content: new Map() }
  const { dims, once, external, content } = stated
  for (const field of pbf.fields(span)) {
    const { number } = field
    if (number === DIMS) {
      addDims(pbf, field, dims)
    } else if (VALUES.includes(number)) {
      content.set(number, (content.get(number) ?? 0) + valuesIn(pbf, field))
    } else if (number === EXTERNAL) {
      expectWire(pbf, field, 'bytes')
      content.set(number, 0)
      // One more than there are keys is enough to know that something is wrong with them.
      if (external.length <= EXTERNAL_KEYS.length) external.push(readEntry(pbf, field))
    } else if (number === SEGMENT) {
      const details = { code: 'onnx-field', file: pbf.path, where: `byte ${field.start}`, found: 'segment' }
      throw bad(details, `the tensor at byte ${span.start} is stored in segments, which no runtime reads.`)
    } else if (number === NAME || number === RAW || number === TYPE || number === LOCATION) {
      expectWire(pbf, field, number === NAME || number === RAW ? 'bytes' : 'varint')
      expectOnce(pbf, 'tensor', once, field)
      once.set(number, field)
      if (number === RAW) content.set(number, field.end - field.start)
    }
  }
  return stated
}

/** Reads a TensorProto and judges what it says of itself: name, shape, element type, and how much content there is. */
export function judgeTensor(pbf: ProtobufFile, span: Span, role: string): OnnxTensor {
  const { dims, once, external, content } = read(pbf, span)
  const named = once.get(NAME)
  const name = named === undefined ? '' : pbf.text(named)
  const label = name === '' ? `${role} at byte ${span.start}` : `${role} ${show(name)}`
  const refuse = (code: string, field: string, found: unknown, allowed: unknown, sentence: string): Error =>
    bad({ code, file: pbf.path, where: `${label}, ${field}`, found, allowed }, sentence)

  const type = BigInt.asIntN(64, once.get(TYPE)?.value ?? 0n)
  const stored = ELEMENTS.get(Number(type))
  if (stored === undefined)
    throw refuse('onnx-type', 'data_type', type, '1 to 26', `${label} has the element type ${type}; ONNX has 1 to 26.`)
  const { bits, values } = stored
  const count = countElements(pbf, label, dims)
  const bytes = Math.ceil((count * bits) / 8)
  const isExternal = judgeLocation()
  judgeContent()
  return { name, label, bytes, external: isExternal ? external : undefined }

  function judgeLocation(): boolean {
    const location = once.get(LOCATION)?.value ?? 0n
    const outside = location === 1n
    if (location <= 1n && outside === content.has(EXTERNAL)) return outside
    const allowed = content.has(EXTERNAL) ? '1, as there is external_data' : '0, as there is no external_data'
    throw refuse(
      'onnx-location',
      'data_location',
      location,
      allowed,
      `${label} has the data_location ${location}; expected ${allowed}.`,
    )
  }

  function judgeContent(): void {
    const allowed = bits === 0 ? [STRINGS] : [RAW, values, EXTERNAL]
    const there = [...content.keys()]
    const [field = values] = there
    const names = there.map(f => CONTENT.get(f)).join(' and ')
    if (there.length > 1 || !allowed.includes(field)) {
      const wanted = allowed.map(f => CONTENT.get(f)).join(' or ')
      throw refuse('onnx-content', 'content', names, wanted, `${label} holds ${names}; expected one of ${wanted}.`)
    }
    if (isExternal) return
    const needed = field === RAW ? bytes : valuesOf(field)
    const found = content.get(field) ?? 0
    if (found === needed) return
    const [what, unit] = [CONTENT.get(field) ?? '', field === RAW ? 'bytes' : 'values']
    throw refuse(
      'onnx-content',
      what,
      found,
      needed,
      `${what} of ${label} holds ${found} ${unit}, but its shape takes ${needed}.`,
    )
  }

  /** Complex numbers are two values; elements below a byte are packed as if raw. */
  function valuesOf(field: number): number {
    if (field === FLOATS) return (count * bits) / 32
    if (field === DOUBLES) return (count * bits) / 64
    return bits > 0 && bits < 8 ? bytes : count
  }
}
