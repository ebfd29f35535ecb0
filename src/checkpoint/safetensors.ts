import { bad, show } from './fault.ts'
import { RegularFile } from './files.ts'
import { refuseForeign } from './foreign.ts'
import { isObject, type JsonObject, type JsonValue, parseStrictJson } from './strict-json.ts'
import { elements, type StoredTensor, type TensorFile } from './tensors.ts'

/** The format's own cap on a header; ours is lower, because a judged header must fit into 256 MiB of memory. */
export const FORMAT_HEADER_CAP = 100_000_000
export const HEADER_LIMIT = 16 * 2 ** 20
const NODE_LIMIT = 1_500_000
const MAX_DIMENSIONS = 64
const MAX_NAME = 1024

/** Bytes per element of the types that can be read. */
export const SAFETENSORS_TYPES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U64', 8],
  ['U32', 4],
  ['U16', 2],
  ['U8', 1],
  ['BOOL', 1],
])
const UNREAD_TYPES = ['F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ', 'F6_E2M3', 'F6_E3M2', 'F4', 'C64']
const readable = [...SAFETENSORS_TYPES.keys()].join(', ')

const isCount = (value: JsonValue | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0

function headerLength(file: RegularFile): number {
  const { path, size } = file
  const head = file.bytes(0, Math.min(size, 512))
  refuseForeign(head, path)
  if (size < 10) {
    const details = { code: 'safetensors-too-short', file: path, where: 'byte 0', found: size, allowed: 'at least 10' }
    throw bad(
      details,
      `the file is ${size} bytes long, too short for a safetensors header (8 bytes of length and "{}").`,
    )
  }
  const length = head.readBigUInt64LE(0)
  const details = { code: 'safetensors-header-length', file: path, where: 'header length, byte 0', found: length }
  const room = size - 8
  if (length > BigInt(room)) {
    throw bad(
      { ...details, allowed: room },
      `the header says that it is ${length} bytes long, but only ${room} bytes follow; the file is cut or not safetensors.`,
    )
  }
  for (const [limit, whose] of [
    [FORMAT_HEADER_CAP, "the format's cap"],
    [HEADER_LIMIT, "headwise's limit"],
  ] as const) {
    if (length > limit)
      throw bad(
        { ...details, code: 'safetensors-header-cap', allowed: limit },
        `the header is ${length} bytes long, over ${whose} of ${limit} bytes.`,
      )
  }
  if (length < 2n)
    throw bad({ ...details, allowed: 'at least 2' }, `the header is ${length} bytes long, which holds no JSON.`)
  return Number(length)
}

function parseHeader(bytes: Buffer, path: string): JsonObject {
  if (bytes[0] !== 0x7b) {
    const found = `0x${(bytes[0] ?? 0).toString(16).padStart(2, '0')}`
    const details = { code: 'safetensors-header-start', file: path, where: 'byte 8', found, allowed: '{' }
    throw bad(details, `the header begins with the byte ${found}, but must begin with "{".`)
  }
  const header = parseStrictJson(bytes, { file: path, maxDepth: 16, maxNodes: NODE_LIMIT })
  if (!isObject(header))
    throw bad({ code: 'safetensors-header-start', file: path, where: 'byte 8' }, 'the header is no object.')
  return header
}

function readMetadata(value: JsonValue | undefined, path: string): Map<string, string> {
  const fault = (where: string, found: string) =>
    bad(
      { code: 'safetensors-metadata', file: path, where, found, allowed: 'an object of strings' },
      `${where} is ${found}, but __metadata__ must be an object that holds only strings.`,
    )
  if (value === undefined) return new Map()
  if (!isObject(value)) throw fault('__metadata__', show(value))
  return new Map(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== 'string') throw fault(`__metadata__ ${show(key)}`, show(text))
      return [key, text]
    }),
  )
}

/** Names that other programs turn into file names, properties or terminal commands; no checkpoint needs them. */
function judgeName(name: string, path: string): void {
  const fault =
    name === ''
      ? 'is empty'
      : name.length > MAX_NAME
        ? `is ${name.length} characters long, over the limit of ${MAX_NAME}`
        : /[\u0000-\u001f\u007f]/.test(name)
          ? 'holds a control character'
          : name.split(/[/\\]/).includes('..')
            ? 'holds a path ("..")'
            : name in {}
              ? 'is a property of every JavaScript object'
              : undefined
  if (fault !== undefined)
    throw bad(
      {
        code: 'safetensors-name',
        file: path,
        where: 'tensor name',
        found: name.slice(0, 100),
        allowed: 'a plain name',
      },
      `the tensor name ${show(name)} ${fault}; rename the tensor.`,
    )
}

function readEntry(name: string, entry: JsonValue, path: string, base: number, room: number): StoredTensor {
  judgeName(name, path)
  const fault = (code: string, field: string, found: unknown, allowed: unknown, sentence: string) =>
    bad(
      { code: `safetensors-${code}`, file: path, where: `${name}.${field}`, found, allowed },
      `tensor ${show(name)} ${sentence}`,
    )
  if (!isObject(entry))
    throw fault('entry', 'entry', show(entry), 'an object', `is described by ${show(entry)}, not by an object.`)

  const { dtype, shape, data_offsets: offsets } = entry
  const size = typeof dtype === 'string' ? SAFETENSORS_TYPES.get(dtype) : undefined
  if (size === undefined || typeof dtype !== 'string') {
    const known = typeof dtype === 'string' && UNREAD_TYPES.includes(dtype)
    const why = known ? 'which the format knows but headwise does not read' : 'which the format does not know'
    const code = known ? 'dtype-unsupported' : 'dtype'
    throw fault(code, 'dtype', dtype, readable, `has dtype ${show(dtype)}, ${why}; readable are ${readable}.`)
  }
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS || !shape.every(isCount)) {
    const found = Array.isArray(shape) && shape.length > MAX_DIMENSIONS ? `${shape.length} dimensions` : show(shape)
    const allowed = `at most ${MAX_DIMENSIONS} whole numbers from 0`
    throw fault('shape', 'shape', found, allowed, `has shape ${found}; allowed are ${allowed}.`)
  }
  const [begin, end] = Array.isArray(offsets) ? offsets : []
  if (!Array.isArray(offsets) || offsets.length !== 2 || !isCount(begin) || !isCount(end) || begin > end) {
    const allowed = '[begin, end], whole numbers with 0 <= begin <= end'
    throw fault(
      'offsets',
      'data_offsets',
      show(offsets),
      allowed,
      `has data_offsets ${show(offsets)}; allowed is ${allowed}.`,
    )
  }
  if (end > room) {
    const said = `ends at byte ${end} of the data, but the file holds only ${room} (it was cut, or the header lies).`
    throw fault('past-end', 'data_offsets', end, room, said)
  }
  const count = elements(shape)
  const needed = count === undefined ? undefined : count * size
  if (needed !== end - begin) {
    const needs = needed === undefined ? 'more than 2^53' : String(needed)
    const said = `of ${dtype} ${show(shape)} needs ${needs} bytes, but its data_offsets hold ${end - begin}.`
    throw fault('shape-range', 'shape', end - begin, needs, said)
  }
  return { name, dtype, shape, file: path, offset: base + begin, bytes: end - begin }
}

/** The data must be covered once, without holes: what lies between or behind could be a second file in disguise. */
function judgeCover(tensors: readonly StoredTensor[], path: string, base: number, room: number): void {
  let at = base
  const fault = (code: string, where: string, found: number, sentence: string) =>
    bad({ code: `safetensors-${code}`, file: path, where, found, allowed: at - base }, sentence)
  for (const t of [...tensors].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    const begin = t.offset - base
    if (t.offset < at)
      throw fault(
        'overlap',
        t.name,
        begin,
        `tensor ${show(t.name)} begins at byte ${begin}, inside another that ends at ${at - base}.`,
      )
    if (t.offset > at)
      throw fault('hole', t.name, begin, `${t.offset - at} bytes before tensor ${show(t.name)} belong to no tensor.`)
    at += t.bytes
  }
  if (at - base !== room)
    throw fault(
      'trailing',
      `byte ${at}`,
      room,
      `${room - (at - base)} bytes after the last tensor belong to no tensor.`,
    )
}

/**
 * Reads and judges the header of a safetensors file; the data is not read. Everything that the header states is
 * compared with the bytes that are there. Format: github.com/huggingface/safetensors.
 */
export async function readSafetensors(path: string): Promise<TensorFile> {
  using file = new RegularFile(path)
  const length = headerLength(file)
  const header = parseHeader(file.bytes(8, length), path)
  const [base, room] = [8 + length, file.size - 8 - length]
  const tensors = new Map<string, StoredTensor>()
  for (const [name, entry] of Object.entries(header))
    if (name !== '__metadata__') tensors.set(name, readEntry(name, entry, path, base, room))
  judgeCover([...tensors.values()], path, base, room)
  return { file: path, bytes: file.size, tensors, metadata: readMetadata(header.__metadata__, path) }
}
