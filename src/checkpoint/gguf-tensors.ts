import { bad, show } from './fault.ts'
import type { GgufReader } from './gguf-reader.ts'
import { REMOVED_TYPES, TENSOR_TYPES } from './gguf-types.ts'
import type { StoredTensor } from './tensors.ts'

const MAX_TENSORS = 262_144
const MAX_DIMENSIONS = 4
const MAX_NAME = 1024
/** The shortest record: name length (8 bytes), dimensions' count (4), one dimension (8), type (4), offset (8). */
const LEAST_RECORD = 32

/** A tensor before its place in the file is known: `offset` counts from the start of the data, unchecked. */
export interface TensorRecord {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: bigint
  readonly offset: bigint
}

export const readTensorCount = (reader: GgufReader): number =>
  reader.count('the number of tensors', reader.wide ? LEAST_RECORD : LEAST_RECORD - 8, MAX_TENSORS)

function readName(reader: GgufReader): string {
  const at = reader.position
  const name = reader.string('a tensor name')
  if (name !== '' && name.length <= MAX_NAME && !/[\u0000-\u001f\u007f]/.test(name)) return name
  const allowed = `1 to ${MAX_NAME} characters without control characters`
  const details = {
    code: 'gguf-tensor-name',
    file: reader.path,
    where: `byte ${at}`,
    found: name.slice(0, 100),
    allowed,
  }
  throw bad(details, `the tensor name ${show(name)} at byte ${at} is not ${allowed}.`)
}

function readRecord(reader: GgufReader): TensorRecord {
  const name = readName(reader)
  const fault = (code: string, where: string, found: unknown, allowed: unknown, sentence: string) =>
    bad(
      { code: `gguf-${code}`, file: reader.path, where: `${name}, ${where}`, found, allowed },
      `tensor ${show(name)} ${sentence}`,
    )

  const axes = reader.u32('the number of dimensions')
  if (axes < 1 || axes > MAX_DIMENSIONS)
    throw fault(
      'dimensions',
      'n_dims',
      axes,
      `1 to ${MAX_DIMENSIONS}`,
      `has ${axes} dimensions; allowed are 1 to ${MAX_DIMENSIONS}.`,
    )
  const dims = Array.from({ length: axes }, () =>
    reader.wide ? reader.u64('a dimension') : BigInt(reader.u32('a dimension')),
  )
  const wrong = dims.find(d => d < 1n || d > BigInt(Number.MAX_SAFE_INTEGER))
  if (wrong !== undefined)
    throw fault('dimension', 'dimensions', wrong, '1 to 2^53', `has a dimension of ${wrong}; allowed are 1 to 2^53.`)

  const id = reader.u32('a tensor type')
  const type = TENSOR_TYPES.get(id)
  if (type === undefined) {
    const why = REMOVED_TYPES.includes(id) ? 'was removed from the format' : 'is not known'
    const known = [...TENSOR_TYPES].map(([n, t]) => `${n} ${t.name}`).join(', ')
    throw fault(
      'tensor-type',
      'type',
      id,
      known,
      `has the type ${id}, which ${why}; write it again with F32, F16, BF16 or Q8_0.`,
    )
  }
  const row = dims[0] ?? 0n
  if (row % BigInt(type.block) !== 0n) {
    const said = `has rows of ${row} elements, but ${type.name} is made of blocks of ${type.block}.`
    throw fault('block', 'dimensions', row, `a multiple of ${type.block}`, said)
  }
  // BigInt: a product that wraps at 2^64 would look small.
  const bytes = (dims.reduce((n, d) => n * d, 1n) / BigInt(type.block)) * BigInt(type.bytes)
  const offset = reader.u64('a tensor offset')
  return { name, dtype: type.name, shape: dims.map(Number).reverse(), bytes, offset }
}

export function readRecords(reader: GgufReader, count: number): TensorRecord[] {
  const seen = new Set<string>()
  return Array.from({ length: count }, () => {
    const record = readRecord(reader)
    if (seen.has(record.name)) {
      const details = {
        code: 'gguf-duplicate-tensor',
        file: reader.path,
        where: record.name,
        found: 'twice',
        allowed: 'once',
      }
      throw bad(details, `the tensor ${show(record.name)} stands twice.`)
    }
    seen.add(record.name)
    return record
  })
}

/** Gives every record its place in the file: aligned, inside the file, and shared with no other. */
export function placeTensors(
  records: readonly TensorRecord[],
  { path, size, base, alignment }: { path: string; size: number; base: number; alignment: number },
): Map<string, StoredTensor> {
  const room = BigInt(Math.max(0, size - base))
  const tensors = new Map<string, StoredTensor>()
  for (const { name, dtype, shape, bytes, offset } of records) {
    const details = { file: path, where: `${name}, offset`, found: offset }
    if (offset % BigInt(alignment) !== 0n)
      throw bad(
        { ...details, code: 'gguf-alignment', allowed: `a multiple of ${alignment}` },
        `tensor ${show(name)} has the offset ${offset}, which is not a multiple of the alignment ${alignment}.`,
      )
    if (offset + bytes > room)
      throw bad(
        { ...details, code: 'gguf-tensor-past-end', allowed: room },
        `tensor ${show(name)} needs ${bytes} bytes from offset ${offset}, but the file holds ${room} bytes of data (it was cut, or the header lies).`,
      )
    tensors.set(name, { name, dtype, shape, file: path, offset: base + Number(offset), bytes: Number(bytes) })
  }
  let [end, before] = [0, '']
  for (const t of [...tensors.values()].sort((a, b) => a.offset - b.offset)) {
    if (t.offset < end) {
      const details = { code: 'gguf-overlap', file: path, where: `${t.name}, offset`, found: t.offset, allowed: end }
      throw bad(details, `the tensors ${show(before)} and ${show(t.name)} lie over the same bytes (from ${t.offset}).`)
    }
    ;[end, before] = [t.offset + t.bytes, t.name]
  }
  return tensors
}
