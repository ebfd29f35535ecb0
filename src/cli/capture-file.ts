import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemFault } from '../checkpoint/files.ts'
import { type Capture, capturePoints, parseCapture } from '../library/captures.ts'
import type { Headwise } from '../library/headwise.ts'
import { encodePrompt, type Prompt } from '../library/prompts.ts'
import type { RunOptions, RunResult } from '../library/run.ts'
import { siteShape } from '../runs/edits.ts'
import type { Sink } from '../runs/run.ts'
import { sizeOf } from '../words/arrays.ts'
import { type Point, point, SITES } from '../words/site.ts'
import { listOfPrompts } from './prompt.ts'

interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
}

const ALIGNMENT = 64

/** Header of a safetensors file of float32 tensors in this order, and where each begins in the file. */
function layOut(tensors: readonly Tensor[]): { header: Buffer; places: ReadonlyMap<string, number> } {
  let end = 0
  const places = new Map<string, number>()
  const entries = tensors.map(({ name, shape }) => {
    places.set(name, end)
    end += 4 * sizeOf(shape)
    return [name, { dtype: 'F32', shape, data_offsets: [places.get(name), end] }] as const
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  const length = Math.ceil((Buffer.byteLength(json) + 8) / ALIGNMENT) * ALIGNMENT
  const header = Buffer.alloc(length, ' ')
  header.writeBigUInt64LE(BigInt(length - 8))
  header.write(json, 8)
  return { header, places: new Map([...places].map(([name, at]) => [name, at + length])) }
}

/**
 * A safetensors file that is filled in any order: captures come layer after layer, while a tensor holds all layers of
 * one site. It has its final name only after `close`; left without it, or interrupted at any time, nothing stays.
 */
class CaptureFile implements AsyncDisposable {
  readonly #temporary: string
  readonly #drop = (): void => rmSync(this.#temporary, { force: true })
  #file: FileHandle | undefined
  #places: ReadonlyMap<string, number> = new Map()

  constructor(readonly path: string) {
    this.#temporary = join(dirname(path), `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}.part`)
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw systemFault(error, this.path, 'writing it')
    }
  }

  async create(tensors: readonly Tensor[]): Promise<void> {
    const { header, places } = layOut(tensors)
    this.#places = places
    process.once('exit', this.#drop)
    this.#file = await this.#try(() => open(this.#temporary, 'wx'))
    await this.#append(header, 0)
  }

  async #append(bytes: Uint8Array, position: number): Promise<void> {
    const file = this.#file!
    await this.#try(async () => {
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
    })
  }

  /** Writes a piece of a tensor, `from` elements after its beginning. */
  async write(name: string, values: Float32Array, from = 0): Promise<void> {
    await this.#append(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      this.#places.get(name)! + 4 * from,
    )
  }

  async close(): Promise<void> {
    const file = this.#file!
    await this.#try(async () => {
      await file.sync()
      await file.close()
      await rename(this.#temporary, this.path)
    })
    this.#file = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close().catch(() => undefined)
    this.#drop()
    process.off('exit', this.#drop)
  }
}

interface Options extends RunOptions {
  readonly capture: readonly string[]
  readonly out: string
}

/** Which tensors of the file a point's value goes into, and how many values lie before it there. */
const targets = (captures: readonly Capture[], { site, layer }: Point, size: number): [name: string, from: number][] =>
  captures
    .filter(c => c.site === site && (c.layer === undefined || c.layer === layer))
    .map(c => [tensorName(c), c.layer === undefined && SITES[site].perLayer ? layer * size : 0])

/** `z` for all layers, `z.6` for `z@6`. */
const tensorName = ({ site, layer }: Capture): string => (layer === undefined ? site : `${site}.${layer}`)

/** The tensors of one prompt: the logits of every position, and each capture with all its layers. */
function declare(m: Headwise, captures: readonly Capture[], time: number, prefix: string): Tensor[] {
  const { layers, vocab } = m.config
  const ofCapture = (c: Capture): Tensor => {
    const one = siteShape(point(c.site, c.layer ?? 0), m.config, { start: 0, count: time }).slice(1)
    const stacked = c.layer === undefined && SITES[c.site].perLayer
    return { name: prefix + tensorName(c), shape: stacked ? [layers, ...one] : one }
  }
  const others = captures.filter(c => c.site !== 'logits').map(ofCapture)
  return [{ name: `${prefix}logits`, shape: [time, vocab] }, ...others]
}

/** Runs the prompts and writes their logits and captures, layer by layer as they are computed. */
export async function runIntoFile(m: Headwise, prompts: Prompt | readonly Prompt[], o: Options): Promise<RunResult> {
  const { layers } = m.config
  const named = o.capture.map(c => parseCapture(c, layers))
  const captures = [...new Map(named.map(c => [tensorName(c), c])).values()]
  capturePoints(captures, layers)
  const all = listOfPrompts(prompts)
  const encoded = await Promise.all(all.map(p => encodePrompt(p, () => m.tokenizer(), o.signal)))
  const prefix = (i: number): string => (all === prompts ? `${i}.` : '')
  await using file = new CaptureFile(o.out)
  await file.create(encoded.flatMap(({ ids }, i) => declare(m, captures, ids.length, prefix(i))))
  const sink =
    (i: number): Sink =>
    async (at, { data }) => {
      if (at.site === 'logits') return
      for (const [name, from] of targets(captures, at, data.length)) await file.write(prefix(i) + name, data, from)
    }
  const result = await m.run(prompts, { ...o, capture: o.capture.filter(c => c !== 'logits'), allLogits: true, sink })
  for (const [i, pass] of result.passes.entries()) await file.write(`${prefix(i)}logits`, pass.logits.data)
  await file.close()
  return result
}
