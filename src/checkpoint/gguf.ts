import { bad, show } from './fault.ts'
import { RegularFile } from './files.ts'
import { type GgufMetadata, readKeyCount, readMetadata } from './gguf-metadata.ts'
import { GgufReader } from './gguf-reader.ts'
import { placeTensors, readRecords, readTensorCount } from './gguf-tensors.ts'
import type { StoredTensor } from './tensors.ts'

const MAGIC = 'GGUF'
const DEFAULT_ALIGNMENT = 32
const MAX_ALIGNMENT = 2 ** 20

/** The judged header of one GGUF file. Shapes are row-major (the reverse of what the file writes). */
export interface GgufFile {
  readonly file: string
  /** Size of the file. */
  readonly bytes: number
  readonly version: number
  readonly metadata: GgufMetadata
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

function readVersion(reader: GgufReader, file: RegularFile): number {
  const { path, size } = file
  const magic = file.bytes(0, Math.min(4, size)).toString('latin1')
  const details = { code: 'gguf-magic', file: path, where: 'byte 0', found: magic, allowed: MAGIC }
  if (magic !== MAGIC) {
    const old = ['GGML', 'tjgg', 'fmgg', 'lmgg'].includes(magic) ? ' (an older format; convert it with llama.cpp)' : ''
    const size0 = size < 4 ? `it is only ${size} bytes long` : `it begins with ${show(magic)}${old}`
    throw bad(details, `this is not a GGUF file: ${size0}, but must begin with "GGUF".`)
  }
  reader.u32('the magic')
  const version = reader.u32('the version')
  const where = { file: path, where: 'version, byte 4', found: version, allowed: '1, 2 or 3' }
  if (version !== 0 && (version & 0xffff) === 0)
    throw bad(
      { ...where, code: 'gguf-big-endian' },
      'this is a big-endian GGUF file; headwise reads little-endian ones only.',
    )
  if (version < 1 || version > 3)
    throw bad({ ...where, code: 'gguf-version' }, `this GGUF file has version ${version}; headwise reads 1, 2 and 3.`)
  return version
}

function alignmentOf(metadata: GgufMetadata, file: string): number {
  const found = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  const power = typeof found === 'number' && Number.isInteger(Math.log2(found))
  if (power && found >= 8 && found <= MAX_ALIGNMENT) return found
  const allowed = `a power of two from 8 to ${MAX_ALIGNMENT}`
  const details = { code: 'gguf-alignment', file, where: 'general.alignment', found, allowed }
  throw bad(details, `general.alignment is ${show(found)}; allowed is ${allowed}.`)
}

/** Reads and judges the header of one GGUF file (versions 1 to 3, little-endian); the data is not read. */
export async function readGguf(path: string): Promise<GgufFile> {
  using file = new RegularFile(path)
  const reader = new GgufReader(file)
  const version = readVersion(reader, file)
  reader.wide = version > 1
  const tensorCount = readTensorCount(reader)
  const keyCount = readKeyCount(reader)
  const metadata = readMetadata(reader, keyCount)
  const records = readRecords(reader, tensorCount)
  const alignment = alignmentOf(metadata, path)
  const base = Math.ceil(reader.position / alignment) * alignment
  const tensors = placeTensors(records, { path, size: file.size, base, alignment })
  return { file: path, bytes: file.size, version, metadata, tensors }
}
