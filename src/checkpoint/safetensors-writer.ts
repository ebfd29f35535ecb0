import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { HeadwiseError } from '../words/error.ts'
import { systemFault } from './files.ts'
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

function layOut(declared: readonly DeclaredTensor[], metadata: Readonly<Record<string, string>> | undefined) {
  let at = 0
  const sizes = new Map<string, number>()
  const entries = declared.map(({ name, dtype, shape }) => {
    const bytes = (elements(shape) ?? Number.NaN) * (SAFETENSORS_TYPES.get(dtype) ?? Number.NaN)
    if (!Number.isSafeInteger(bytes) || sizes.has(name))
      throw new RangeError(`Tensor ${name} cannot be declared as ${dtype} [${shape.join(', ')}].`)
    sizes.set(name, bytes)
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
  return { header, sizes }
}

/**
 * Writes a safetensors file of any size piece by piece, the tensors in the order declared. The file has its final name
 * only after `close`; a writer that is left without it (`await using`) leaves nothing behind.
 */
export class SafetensorsWriter implements AsyncDisposable {
  readonly path: string
  readonly #temporary: string
  readonly #file: FileHandle
  readonly #left: [name: string, bytes: number][]
  #done = false

  private constructor(path: string, temporary: string, file: FileHandle, sizes: ReadonlyMap<string, number>) {
    this.path = path
    this.#temporary = temporary
    this.#file = file
    this.#left = [...sizes].filter(([, bytes]) => bytes > 0).reverse()
  }

  static async create(
    path: string,
    declared: readonly DeclaredTensor[],
    { metadata }: { metadata?: Readonly<Record<string, string>> } = {},
  ): Promise<SafetensorsWriter> {
    const { header, sizes } = layOut(declared, metadata)
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}`)
    let file: FileHandle
    try {
      file = await open(temporary, 'wx')
    } catch (error) {
      throw systemFault(error, path, 'writing it')
    }
    const writer = new SafetensorsWriter(path, temporary, file, sizes)
    await writer.#append(header)
    return writer
  }

  /** Appends a piece of the tensor whose turn it is; its elements must be of the declared type, little-endian. */
  async write(name: string, piece: NodeJS.TypedArray): Promise<void> {
    const turn = this.#left.at(-1)
    if (turn?.[0] !== name || piece.byteLength > turn[1])
      throw new RangeError(`${piece.byteLength} bytes of ${name} do not follow what was written to ${this.path}.`)
    turn[1] -= piece.byteLength
    if (turn[1] === 0) this.#left.pop()
    await this.#append(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength))
  }

  async #append(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) done += (await this.#file.write(bytes, done)).bytesWritten
    } catch (error) {
      await this.abort()
      throw systemFault(error, this.path, 'writing it')
    }
  }

  /** Flushes the file to the disk and gives it its name. */
  async close(): Promise<void> {
    const missing = this.#left.at(-1)
    if (missing !== undefined) {
      await this.abort()
      const details = {
        code: 'tensors-unwritten',
        fault: 'failed',
        file: this.path,
        where: missing[0],
        found: missing[1],
      } as const
      throw new HeadwiseError(`${this.path}: tensor ${missing[0]} was not written to its end.`, details)
    }
    try {
      await this.#file.sync()
      await this.#file.close()
      await rename(this.#temporary, this.path)
      this.#done = true
    } catch (error) {
      await this.abort()
      throw systemFault(error, this.path, 'writing it')
    }
  }

  /** Removes what was written; after `close` it does nothing. */
  async abort(): Promise<void> {
    if (this.#done) return
    this.#done = true
    await this.#file.close().catch(() => undefined)
    await rm(this.#temporary, { force: true })
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
