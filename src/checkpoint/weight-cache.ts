import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Weights } from '../runtime/weights.ts'
import { HeadwiseError } from '../words/error.ts'
import { makeRoom, NEW_PREFIX, touch, WEIGHTS_FILE, weightsRoot } from './cache-folder.ts'
import { decodeWeights, nonFiniteFault, type ReadOptions } from './decode-weights.ts'
import { isAbsent, systemCode } from './files.ts'
import { identityOf, type Known, recall, remember } from './known.ts'
import { type Layout, type PlacedWeight, placeWeights } from './layout.ts'
import { MappedWeights } from './mapped-weights.ts'
import { readSafetensors } from './safetensors.ts'
import { type DeclaredTensor, SafetensorsWriter } from './safetensors-writer.ts'
import type { TensorSource } from './source.ts'
import { elements } from './tensors.ts'

export interface PrepareOptions extends ReadOptions {
  /** Reads all weights again: hash and finiteness are not taken from memory, a damaged cache file is replaced. */
  readonly verify?: boolean
  /** Told, in one sentence, what the user should know: the size of a conversion before it is written. */
  readonly note?: (text: string) => void
}

const ALIGNMENT = 64

/** Float32 in the model's own order, all in one real folder: the file itself can be mapped. */
function folderInPlace(placed: readonly PlacedWeight[]): string | undefined {
  const plain = placed.every(
    ({ entry, tensor }) => tensor.dtype === 'F32' && entry.interleavedHeads === undefined && tensor.offset % 4 === 0,
  )
  if (!plain) return undefined
  const folders = new Set([...new Set(placed.map(p => p.tensor.file))].map(file => dirname(realpathSync(file))))
  return folders.size === 1 ? [...folders][0] : undefined
}

/** The weights as float32 tensors, each followed by what brings the next one to a multiple of 64 bytes. */
function declare(placed: readonly PlacedWeight[]): { tensors: DeclaredTensor[]; bytes: number } {
  let bytes = 0
  const tensors = placed.flatMap(({ entry: { name, shape } }, i): DeclaredTensor[] => {
    const size = 4 * (elements(shape) ?? 0)
    const pad = -size & (ALIGNMENT - 1)
    bytes += size + pad
    const tensor = { name, dtype: 'F32', shape }
    return pad === 0 ? [tensor] : [tensor, { name: `__pad.${i}`, dtype: 'U8', shape: [pad] }]
  })
  return { tensors, bytes }
}

const megabytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1e6)).toLocaleString('en-US')} MB`

/** Converts into a folder of its own, which gets its name, the content's hash, when it is complete. */
async function convert(placed: readonly PlacedWeight[], options: PrepareOptions): Promise<Known> {
  const { tensors, bytes } = declare(placed)
  makeRoom(bytes)
  options.note?.(`The weights are converted to float32 once: ${megabytes(bytes)} in ${weightsRoot()}.`)
  const folder = join(weightsRoot(), `${NEW_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`)
  const drop = (): void => rmSync(folder, { recursive: true, force: true })
  // A second interrupt ends the process at once.
  process.once('exit', drop)
  try {
    mkdirSync(folder)
    await using writer = await SafetensorsWriter.create(join(folder, WEIGHTS_FILE), tensors)
    const order = new Map(tensors.map((t, i) => [t.name, { size: elements(t.shape) ?? 0, next: tensors[i + 1] }]))
    let left = 0
    const known = await decodeWeights(placed, options, async (name, piece) => {
      const { size = 0, next } = order.get(name) ?? {}
      if (left === 0) left = size
      await writer.write(name, piece)
      left -= piece.length
      if (left === 0 && next?.dtype === 'U8') await writer.write(next.name, new Uint8Array(next.shape[0] ?? 0))
    })
    await writer.close()
    install(folder, known.hash)
    return known
  } catch (error) {
    throw unwritten(error)
  } finally {
    drop()
    process.off('exit', drop)
  }
}

/** What the file system said during a conversion, with the way out; other errors come back as they are. */
function unwritten(error: unknown): unknown {
  const ours = error instanceof HeadwiseError
  const found = !ours ? systemCode(error) : error.code === 'file-write' ? error.found : undefined
  if (found === undefined) return error
  return new HeadwiseError(
    `The converted weights could not be written to ${weightsRoot()} (${String(found)}); set HEADWISE_CACHE to a folder that has room.`,
    { code: 'cache-write', fault: 'failed', file: weightsRoot(), where: 'HEADWISE_CACHE', found },
    { cause: error },
  )
}

/** A name for the present bytes of a cache entry, under which it is remembered that they have its hash. */
const seal = (folder: string, hash: string): string => identityOf([join(folder, WEIGHTS_FILE)], hash)

/** Gives the folder its final name; when another process was faster, its equal folder stays. */
function install(folder: string, hash: string): void {
  const final = join(weightsRoot(), hash)
  try {
    renameSync(folder, final)
    remember(seal(final, hash), { hash })
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(systemCode(error) ?? '')) throw error
  }
}

/**
 * The converted weights of a content hash, or undefined if they are not (or no longer, or not rightly) there. They are
 * read and hashed again where that was asked for, and where the file is not the one that was seen to have this hash.
 */
async function cached(
  hash: string,
  placed: readonly PlacedWeight[],
  options: PrepareOptions,
): Promise<MappedWeights | undefined> {
  const there = await mapped(hash, placed)
  if (there === undefined) return undefined
  const sealed = seal(there.folder, hash)
  if (!options.verify && recall(sealed)?.hash === hash) return there
  if (await intact(there, options)) {
    remember(sealed, { hash })
    return there
  }
  rmSync(there.folder, { recursive: true, force: true })
  return undefined
}

/** The file of a content hash with every weight in its place, its values unread; what does not fit is removed. */
async function mapped(hash: string, placed: readonly PlacedWeight[]): Promise<MappedWeights | undefined> {
  const folder = join(weightsRoot(), hash)
  try {
    const { tensors } = await readSafetensors(join(realpathSync(folder), WEIGHTS_FILE))
    const source = { format: 'safetensors', file: folder, tensors } as const
    const own = placeWeights(
      source,
      placed.map(({ entry: { name, shape } }) => ({ name, from: name, shape })),
    )
    touch(folder)
    return new MappedWeights(hash, realpathSync(folder), own)
  } catch (error) {
    if (!isAbsent(error)) rmSync(folder, { recursive: true, force: true })
    return undefined
  }
}

/** Whether the bytes of a cache entry still have the hash they are filed under. */
async function intact(weights: MappedWeights, options: ReadOptions): Promise<boolean> {
  return (await decodeWeights(weights.placed, { ...options, acceptNonFinite: true })).hash === weights.hash
}

/**
 * Makes every weight of the layout available as float32 in mappable files: float32 safetensors as they are, anything
 * else converted once into the cache. Hash and finiteness are found out by reading everything once, and remembered
 * for the files as they stand. Throws `weight-missing`, `weight-shape`, `weight-type`, `weight-non-finite`,
 * `cache-limit`, `disk-full`, `interrupted`.
 */
export async function prepareWeights(
  source: TensorSource,
  layout: Layout,
  options: PrepareOptions = {},
): Promise<Weights> {
  const placed = placeWeights(source, layout)
  const how = createHash('sha256').update(JSON.stringify(layout)).digest('hex')
  const identity = identityOf(source.files, how)
  const remembered = options.verify ? undefined : recall(identity)
  if (remembered?.nonFinite && !options.acceptNonFinite) throw nonFiniteFault(source.file, remembered.nonFinite)

  const keep = (known: Known): Known => {
    if (!remember(identity, known))
      options.note?.('The cache folder cannot be written; weights are read in full at every start.')
    return known
  }
  const folder = folderInPlace(placed)
  if (folder !== undefined) {
    const { hash } = remembered ?? keep(await decodeWeights(placed, options))
    return new MappedWeights(hash, folder, placed)
  }
  const known = remembered ?? (options.verify ? await decodeWeights(placed, options) : undefined)
  const there = known && (await cached(known.hash, placed, options))
  if (there) return there
  const { hash } = keep(await convert(placed, options))
  const made = await mapped(hash, placed)
  if (made) return made
  const details = { code: 'cache-lost', fault: 'failed', file: join(weightsRoot(), hash) } as const
  throw new HeadwiseError(`${details.file}: the converted weights vanished as soon as they were written.`, details)
}
