import { bad, show } from './fault.ts'
import type { GgufReader } from './gguf-reader.ts'
import { VALUE, VALUE_BYTES } from './gguf-types.ts'

export type GgufArray =
  | readonly string[]
  | readonly boolean[]
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array
/** 64-bit integers beyond 2^53 stay BigInt; smaller ones are numbers. */
export type GgufValue = number | bigint | boolean | string | GgufArray
export type GgufMetadata = ReadonlyMap<string, GgufValue>

const MAX_KEYS = 65_536
const MAX_KEY = 65_535
const MAX_ENTRIES = 2 ** 22
/** The shortest entry: an empty key (8 bytes), a type (4), a value (1). */
const LEAST_ENTRY = 13

const narrow = (value: number | bigint | boolean): number | bigint | boolean =>
  typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value

const numeric: Partial<Record<number, new (bytes: ArrayBuffer) => GgufArray>> = {
  [VALUE.U8]: Uint8Array,
  [VALUE.I8]: Int8Array,
  [VALUE.U16]: Uint16Array,
  [VALUE.I16]: Int16Array,
  [VALUE.U32]: Uint32Array,
  [VALUE.I32]: Int32Array,
  [VALUE.F32]: Float32Array,
  [VALUE.F64]: Float64Array,
  [VALUE.U64]: BigUint64Array,
  [VALUE.I64]: BigInt64Array,
}

function judgeType(reader: GgufReader, type: number, what: string, last: number): void {
  if (type <= last) return
  const where = `byte ${reader.position - 4}`
  const details = { code: 'gguf-value-type', file: reader.path, where, found: type, allowed: `0 to ${last}` }
  throw bad(details, `${what} has the value type ${type} at ${where}; the format knows 0 to ${VALUE.F64}.`)
}

function readArray(reader: GgufReader, what: string): GgufArray {
  const type = reader.u32(`the element type of ${what}`)
  judgeType(reader, type, `an element of ${what}`, VALUE.F64)
  if (type === VALUE.ARRAY) {
    const where = `byte ${reader.position - 4}`
    const details = {
      code: 'gguf-nested-array',
      file: reader.path,
      where,
      found: 'an array of arrays',
      allowed: 'one level',
    }
    throw bad(details, `${what} is an array of arrays (at ${where}); no key that headwise knows has one.`)
  }
  const unit = type === VALUE.STRING ? (reader.wide ? 8 : 4) : (VALUE_BYTES[type] ?? 1)
  const n = reader.count(`the length of ${what}`, unit, MAX_ENTRIES)
  if (type === VALUE.STRING) {
    const list: string[] = new Array(n)
    for (let i = 0; i < n; i++) list[i] = reader.string(what)
    return list
  }
  if (type === VALUE.BOOL) return Array.from({ length: n }, () => reader.scalar(type, what) === true)
  const ArrayOf = numeric[type] ?? Uint8Array
  return new ArrayOf(reader.copy(n * unit, what))
}

function readKey(reader: GgufReader): string {
  const at = reader.position
  const key = reader.string('a metadata key')
  const fault = /[\u0000-\u001f\u007f]/.test(key)
    ? 'holds a control character'
    : key.length > MAX_KEY
      ? `is ${key.length} characters long, over the limit of ${MAX_KEY}`
      : undefined
  if (fault === undefined) return key
  const details = {
    code: 'gguf-key',
    file: reader.path,
    where: `byte ${at}`,
    found: key.slice(0, 100),
    allowed: 'a plain key',
  }
  throw bad(details, `the metadata key ${show(key)} at byte ${at} ${fault}.`)
}

/** How many key/value pairs the header states, checked against the bytes left. */
export const readKeyCount = (reader: GgufReader): number =>
  reader.count('the number of metadata keys', reader.wide ? LEAST_ENTRY : LEAST_ENTRY - 4, MAX_KEYS)

export function readMetadata(reader: GgufReader, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < count; i++) {
    const key = readKey(reader)
    if (metadata.has(key)) {
      const details = { code: 'gguf-duplicate-key', file: reader.path, where: key, found: 'twice', allowed: 'once' }
      throw bad(details, `the metadata key ${show(key)} stands twice.`)
    }
    const what = `the value of ${show(key)}`
    const type = reader.u32(`the type of ${show(key)}`)
    judgeType(reader, type, show(key), VALUE.F64)
    if (type === VALUE.STRING) metadata.set(key, reader.string(what))
    else if (type === VALUE.ARRAY) metadata.set(key, readArray(reader, what))
    else metadata.set(key, narrow(reader.scalar(type, what)))
  }
  return metadata
}
