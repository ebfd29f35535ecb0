import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type HeadwiseError, type OnProgress, throwIfAborted } from '../words/error.ts'
import { codecOf } from './dequantise.ts'
import { bad } from './fault.ts'
import { RegularFile } from './files.ts'
import type { Known, NonFinite } from './known.ts'
import type { PlacedWeight } from './layout.ts'
import { elements } from './tensors.ts'

/** Elements decoded at a time: large enough for the disk, small enough to stay in a processor's cache. */
const PIECE = 2 ** 18

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
  /** Weights that are NaN or infinite are an error unless this is set. */
  readonly acceptNonFinite?: boolean | undefined
}

/** The index of the first NaN or infinity, or −1. */
function firstNonFinite(values: Float32Array): number {
  // x − x is 0 for finite x and NaN otherwise: one sum tells of a whole piece.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!
  return sum === 0 ? -1 : values.findIndex(x => !Number.isFinite(x))
}

/** Rows of `heads` whole heads from interleaved order (2j + half) into half-split order (half · D/2 + j). */
function halfSplit(from: Float32Array, to: Float32Array, headRows: number, width: number): void {
  const half = headRows / 2
  for (let head = 0; head < from.length; head += headRows * width)
    for (let row = 0; row < headRows; row++) {
      const source = head + (2 * (row % half) + Math.floor(row / half)) * width
      to.set(from.subarray(source, source + width), head + row * width)
    }
}

/** Elements that must be read together: whole blocks, and whole heads where rows change places. */
function unitOf({ entry, tensor }: PlacedWeight, block: number): { unit: number; headRows: number; width: number } {
  const [rows = 1, ...rest] = entry.shape
  const width = elements(rest) ?? 1
  if (entry.interleavedHeads === undefined) return { unit: block, headRows: 0, width }
  const headRows = rows / entry.interleavedHeads
  const unit = headRows * width
  if (headRows % 2 === 0 && unit % block === 0) return { unit, headRows, width }
  const details = {
    code: 'weight-heads',
    file: tensor.file,
    where: entry.from,
    found: rows,
    allowed: entry.interleavedHeads,
  }
  throw bad(
    details,
    `the ${rows} rows of tensor "${entry.from}" cannot be cut into ${entry.interleavedHeads} heads of even size.`,
  )
}

/** Refuses weights that are NaN or infinite. */
export function nonFiniteFault(file: string, { tensor, index, value }: NonFinite): HeadwiseError {
  const details = {
    code: 'weight-non-finite',
    file,
    where: `${tensor}[${index}]`,
    found: value,
    allowed: 'finite numbers',
  }
  return bad(
    details,
    `tensor "${tensor}" holds ${value} at element ${index}; every number computed from it would be wrong.`,
  )
}

/**
 * Reads every weight as float32 in Hugging Face order, hands the pieces to `take` (which may keep a piece until it
 * resolves), and returns the hash of the contents: SHA-256 over the sorted names, shapes and digests of the tensors,
 * hence the same for equal weights in whatever type, order and file.
 */
export async function decodeWeights(
  placed: readonly PlacedWeight[],
  { signal, onProgress, acceptNonFinite }: ReadOptions,
  take?: (name: string, piece: Float32Array) => Promise<void>,
): Promise<Known> {
  const total = placed.reduce((n, { tensor }) => n + tensor.bytes, 0)
  const lines: string[] = []
  let [done, pending, nonFinite]: [number, Promise<void>, NonFinite | undefined] = [0, Promise.resolve(), undefined]
  using files = new OpenFiles()
  // Two buffers: while one is written, the other is filled.
  const buffers = [new Float32Array(0), new Float32Array(0)]
  let turn = 0
  try {
    for (const weight of placed) {
      const { entry, tensor } = weight
      const codec = codecOf(tensor)
      const { unit, headRows, width } = unitOf(weight, codec.block)
      const size = elements(entry.shape) ?? 0
      const piece = Math.max(1, Math.floor(PIECE / unit)) * unit
      const hash = createHash('sha256')
      for (let at = 0; at < size; at += piece) {
        throwIfAborted(signal)
        const n = Math.min(piece, size - at)
        const bytes = files.bytes(
          tensor.file,
          tensor.offset + (at / codec.block) * codec.bytes,
          (n / codec.block) * codec.bytes,
        )
        turn = 1 - turn
        if (buffers[turn]!.length < n) buffers[turn] = new Float32Array(n)
        let values = buffers[turn]!.subarray(0, n)
        codec.decode(bytes, values)
        const wrong: number = nonFinite === undefined ? firstNonFinite(values) : -1
        if (wrong >= 0) nonFinite = { tensor: entry.from, index: at + wrong, value: String(values[wrong]) }
        if (nonFinite !== undefined && !acceptNonFinite) throw nonFiniteFault(tensor.file, nonFinite)
        if (headRows > 0) {
          const split = new Float32Array(n)
          halfSplit(values, split, headRows, width)
          values = split
        }
        hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
        await pending
        pending = take?.(entry.name, values) ?? setImmediate()
        // The rejection is met by the next await; this keeps it from counting as unhandled until then.
        pending.catch(() => undefined)
        done += bytes.length
        onProgress?.({ what: 'bytes of weights read', done, total })
      }
      lines.push(`${JSON.stringify([entry.name, entry.shape])} ${hash.digest('hex')}\n`)
    }
  } finally {
    await pending
  }
  const hash = createHash('sha256').update(lines.sort().join('')).digest('hex')
  return nonFinite === undefined ? { hash } : { hash, nonFinite }
}

/** Files opened once each, and closed together. */
class OpenFiles implements Disposable {
  readonly #open = new Map<string, RegularFile>()

  bytes(path: string, position: number, length: number): Uint8Array {
    const file = this.#open.get(path) ?? new RegularFile(path)
    this.#open.set(path, file)
    return file.bytes(position, length)
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file[Symbol.dispose]()
  }
}
