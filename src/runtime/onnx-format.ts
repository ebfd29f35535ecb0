import { PbfWriter } from 'pbf'
import type { Attribute } from '../graph/emit.ts'
import type { NDArray } from '../words/arrays.ts'

// Field numbers of onnx.proto3 (ONNX IR 10, operator set 21).
const IR_VERSION = 10
const OPSET = 21
export const ONNX_TYPE = { f32: 1, i32: 6, i64: 7, bool: 9 } as const
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const

export interface NodeRecord {
  readonly type: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Readonly<Record<string, Attribute>>
}
export interface ValueRecord {
  readonly name: string
  readonly type: number
  readonly shape: readonly (number | string)[]
}
/** A tensor inside the file (`bytes`), or a span of another file beside it. */
export interface TensorRecord {
  readonly name: string
  readonly type: number
  readonly shape: readonly number[]
  readonly content:
    | { readonly bytes: Uint8Array }
    | { readonly location: string; readonly offset: number; readonly length: number }
}
export interface ModelRecord {
  readonly nodes: readonly NodeRecord[]
  readonly initializers: readonly TensorRecord[]
  readonly inputs: readonly ValueRecord[]
  readonly outputs: readonly ValueRecord[]
  readonly domains: readonly string[]
}

export const tensorRecord = (name: string, { dtype, shape, data }: NDArray): TensorRecord => ({
  name,
  type: ONNX_TYPE[dtype],
  shape,
  content: { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
})

function writeAttribute([name, value]: readonly [string, Attribute], pbf?: PbfWriter): void {
  if (!pbf) return
  pbf.writeStringField(1, name)
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value)
    pbf.writeVarintField(20, ATTRIBUTE.int)
  } else if (typeof value === 'string') {
    pbf.writeStringField(4, value)
    pbf.writeVarintField(20, ATTRIBUTE.string)
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float)
    pbf.writeVarintField(20, ATTRIBUTE.float)
  } else {
    for (const i of value) pbf.writeVarintField(8, i)
    pbf.writeVarintField(20, ATTRIBUTE.ints)
  }
}

function writeNode(node: NodeRecord, pbf?: PbfWriter): void {
  if (!pbf) return
  for (const i of node.inputs) pbf.writeStringField(1, i)
  pbf.writeStringField(2, node.output)
  pbf.writeStringField(3, node.output)
  pbf.writeStringField(4, node.type)
  for (const a of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, a)
  if (node.domain) pbf.writeStringField(7, node.domain)
}

function writeEntry([key, value]: readonly [string, string], pbf?: PbfWriter): void {
  pbf?.writeStringField(1, key)
  pbf?.writeStringField(2, value)
}

function writeTensor(t: TensorRecord, pbf?: PbfWriter): void {
  if (!pbf) return
  for (const d of t.shape) pbf.writeVarintField(1, d)
  pbf.writeVarintField(2, t.type)
  pbf.writeStringField(8, t.name)
  if ('bytes' in t.content) {
    pbf.writeBytesField(9, t.content.bytes)
    return
  }
  const { location, offset, length } = t.content
  const entries = [
    ['location', location],
    ['offset', String(offset)],
    ['length', String(length)],
  ] as const
  for (const entry of entries) pbf.writeMessage(13, writeEntry, entry)
  pbf.writeVarintField(14, 1)
}

function writeDimension(d: number | string, pbf?: PbfWriter): void {
  if (typeof d === 'number') pbf?.writeVarintField(1, d)
  else pbf?.writeStringField(2, d)
}
const writeShape = (shape: ValueRecord['shape'], pbf?: PbfWriter): void => {
  for (const d of shape) pbf?.writeMessage(1, writeDimension, d)
}
function writeTensorType(v: ValueRecord, pbf?: PbfWriter): void {
  pbf?.writeVarintField(1, v.type)
  pbf?.writeMessage(2, writeShape, v.shape)
}
const writeType = (v: ValueRecord, pbf?: PbfWriter): void => pbf?.writeMessage(1, writeTensorType, v)
function writeValue(v: ValueRecord, pbf?: PbfWriter): void {
  pbf?.writeStringField(1, v.name)
  pbf?.writeMessage(2, writeType, v)
}

const inlineBytes = ({ content }: TensorRecord): number => ('bytes' in content ? content.bytes.length : 0)

const LARGE = 4096

/**
 * A large message in a buffer of its own: the writer's way, which moves a message byte by byte once its length is known,
 * takes longer than everything else here.
 */
function encode<T>(write: (value: T, pbf: PbfWriter) => void, value: T, expected: number): Uint8Array {
  const pbf = new PbfWriter(new Uint8Array(expected))
  write(value, pbf)
  return pbf.finish()
}

function writeGraph(m: ModelRecord, pbf: PbfWriter): void {
  for (const n of m.nodes) pbf.writeMessage(1, writeNode, n)
  pbf.writeStringField(2, 'headwise')
  for (const t of m.initializers)
    if (inlineBytes(t) > LARGE) pbf.writeBytesField(5, encode(writeTensor, t, 256 + inlineBytes(t)))
    else pbf.writeMessage(5, writeTensor, t)
  for (const v of m.inputs) pbf.writeMessage(11, writeValue, v)
  for (const v of m.outputs) pbf.writeMessage(12, writeValue, v)
}

function writeOpset(domain: string, pbf?: PbfWriter): void {
  if (domain) pbf?.writeStringField(1, domain)
  pbf?.writeVarintField(2, domain ? 1 : OPSET)
}

/** The bytes of an ONNX model. */
export function encodeModel(m: ModelRecord): Uint8Array {
  const records = m.nodes.length + m.initializers.length + m.inputs.length + m.outputs.length
  const expected = 256 * records + m.initializers.reduce((n, t) => n + inlineBytes(t), 0)
  const pbf = new PbfWriter(new Uint8Array(expected + 1024))
  pbf.writeVarintField(1, IR_VERSION)
  pbf.writeStringField(2, 'headwise')
  pbf.writeBytesField(7, encode(writeGraph, m, expected))
  for (const domain of m.domains) pbf.writeMessage(8, writeOpset, domain)
  return pbf.finish()
}
