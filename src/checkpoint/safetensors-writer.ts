import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { HeadwiseError } from '../words/error.ts'
import { writeFault } from './files.ts'
import { SAFETENSORS_TYPES } from './safetensors.ts'
import { elements } from './tensors.ts'

export interface DeclaredTensor {
  readonly name: string
  /** A type of safetensors, such as `F32`, `I32` or `BOOL`. */
  readonly dtype: string
  readonly shape: readonly number[]
}

/** The data begin at a multiple of this, so that a tensor's place in the file is also its place in a page. */
const ALIGNMENT = 64

/** So many bytes are flushed to the disk together, while more are being computed. */
const FLUSHED_BYTES = 128 * 2 ** 20

/** Where the next piece of a tensor goes in the file, and how many bytes of it are still to come. */
interface Span {
  at: number
  left: number
}

function layOut(declared: readonly DeclaredTensor[], metadata: Readonly<Record<string, string>> | undefined) {
  let at = 0
  const spans = new Map<string, Span>()
  const entries = declared.map(({ name, dtype, shape }) => {
    const bytes = (elements(shape) ?? Number.NaN) * (SAFETENSORS_TYPES.get(dtype) ?? Number.NaN)
    if (!Number.isSafeInteger(bytes) || shape.some(d => d < 0) || spans.has(name))
      throw new RangeError(`Tensor ${name} cannot be declared as ${dtype} [${shape.join(', ')}].`)
    spans.set(name, { at, left: bytes })
    at += bytes
    return [name, { dtype, shape, data_offsets: [at - bytes, at] }] as const
  })
  const json = JSON.stringify(
    Object.fromEntries([...(metadata ? [['__metadata__', metadata] as const] : []), ...entries]),
  )
  const length = Buffer.byteLength(json)
  const padded = Math.ceil((length + 8) / ALIGNMENT) * ALIGNMENT - 8
  const header = Buffer.alloc(8 + padded, ' ')
  header.writeBigUInt64LE(BigInt(padded))
  header.write(json, 8)
  for (const span of spans.values()) span.at += header.length
  return { header, spans }
}

/**
 * Writes a safetensors file of any size piece by piece: the pieces of one tensor in order, tensors in any order and in
 * turns. The file has its final name only after `close`; a writer that is left without it (`await using`) leaves nothing behind.
 */
export class SafetensorsWriter implements AsyncDisposable {
  readonly path: string
  readonly #temporary: string
  readonly #file: FileHandle
  readonly #spans: ReadonlyMap<string, Span>
  #done = false
  #unflushed = 0
  #flush: Promise<void> = Promise.resolve()
  #flushing = false
  /** Runs when the process ends while the file is being written, at whatever instant. */
  readonly #drop = (): void => rmSync(this.#temporary, { force: true })

  private constructor(path: string, temporary: string, file: FileHandle, spans: ReadonlyMap<string, Span>) {
    this.path = path
    this.#temporary = temporary
    this.#file = file
    this.#spans = spans
    process.once('exit', this.#drop)
  }

  static async create(
    path: string,
    declared: readonly DeclaredTensor[],
    { metadata }: { metadata?: Readonly<Record<string, string>> } = {},
  ): Promise<SafetensorsWriter> {
    const { header, spans } = layOut(declared, metadata)
    // Of a long name only the beginning: the whole of it would leave no room for what comes behind.
    const name = `.${basename(path).slice(0, 64)}.${process.pid}-${randomBytes(4).toString('hex')}`
    const temporary = join(dirname(path), name)
    let file: FileHandle
    try {
      file = await open(temporary, 'wx')
    } catch (error) {
      throw writeFault(error, path)
    }
    const writer = new SafetensorsWriter(path, temporary, file, spans)
    await writer.#put(header, 0)
    return writer
  }

  /** Writes the next piece of a tensor; its elements must be of the declared type, little-endian. */
  async write(name: string, piece: NodeJS.TypedArray): Promise<void> {
    const span = this.#spans.get(name)
    if (!span || piece.byteLength > span.left)
      throw new RangeError(`${piece.byteLength} bytes of ${name} do not follow what was written to ${this.path}.`)
    const { at } = span
    span.at += piece.byteLength
    span.left -= piece.byteLength
    await this.#put(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at)
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; )
        done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
      this.#unflushed += bytes.length
      if (this.#unflushed >= FLUSHED_BYTES && !this.#flushing) this.#startFlush()
    } catch (error) {
      await this.abort()
      throw writeFault(error, this.path)
    }
  }

  /** Lets the disk begin; what goes wrong there is told of at the end. */
  #startFlush(): void {
    this.#unflushed = 0
    this.#flushing = true
    this.#flush = this.#file.datasync().finally(() => {
      this.#flushing = false
    })
    this.#flush.catch(() => undefined)
  }

  /** Flushes the file to the disk and gives it its name. */
  async close(): Promise<void> {
    const missing = [...this.#spans].find(([, { left }]) => left > 0)
    if (missing !== undefined) {
      await this.abort()
      const details = {
        code: 'tensors-unwritten',
        fault: 'failed',
        file: this.path,
        where: missing[0],
        found: missing[1].left,
      } as const
      throw new HeadwiseError(`${this.path}: tensor ${missing[0]} was not written to its end.`, details)
    }
    try {
      await this.#flush
      await this.#file.sync()
      await this.#file.close()
      await rename(this.#temporary, this.path)
      this.#done = true
      process.off('exit', this.#drop)
    } catch (error) {
      await this.abort()
      throw writeFault(error, this.path)
    }
  }

  /** Removes what was written; after `close` it does nothing. */
  async abort(): Promise<void> {
    if (this.#done) return
    this.#done = true
    await this.#file.close().catch(() => undefined)
    await rm(this.#temporary, { force: true })
    process.off('exit', this.#drop)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort()
  }
}

/** Writes tensors that are in memory as one safetensors file. */
export async function writeSafetensors(
  path: string,
  tensors: readonly (DeclaredTensor & { readonly data: NodeJS.TypedArray })[],
  options: { metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  await using writer = await SafetensorsWriter.create(path, tensors, options)
  for (const { name, data } of tensors) if (data.byteLength > 0) await writer.write(name, data)
  await writer.close()
}
