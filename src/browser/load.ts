/// <reference lib="dom" />
import { Headwise } from '../library/headwise.ts'
import { Engine } from '../runs/engine.ts'
import { webBackend } from '../runtime/web.ts'
import { loadTokenizer } from '../text/load.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Watch } from '../words/error.ts'
import { fetchFile, fetchOk, forgetOthers } from './fetch-file.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { MemoryWeights } from './memory-weights.ts'

export type BrowserDevice = 'wasm' | 'webgpu'

export interface BrowserOptions extends Watch {
  /** Default `wasm`; `webgpu` where the browser has it. */
  readonly device?: BrowserDevice
  /** Default: as many as help, where the page is cross-origin isolated; else one. */
  readonly threads?: number
}

export interface Loaded {
  readonly model: Headwise
  readonly manifest: Manifest
  /** Most bytes of activations and captures at once. */
  readonly budget: number
}

/** Threads beyond this gain nothing on models of a page's size. */
const MOST_THREADS = 4
/** Of the 4 GiB that WebAssembly can address, weights and sessions want their part. */
const BUDGET = 2 ** 30

export const threadsHere = (): number =>
  globalThis.crossOriginIsolated ? Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency)) : 1

/**
 * Opens the model that a manifest describes: fetches its files, checks them by their hashes, converts the weights, starts
 * the runtime. Throws `unreachable`, `page-manifest`, `page-file`, `device`, `interrupted`.
 */
export async function loadInBrowser(address: string, o: BrowserOptions = {}): Promise<Loaded> {
  const device = o.device ?? 'wasm'
  const manifest = readManifest(await (await fetchOk(address, o.signal)).text(), address)
  const { config, weights, tokenizer, runtime } = manifest
  const files = [weights.file, tokenizer.file]
  const total = files.reduce((n, f) => n + f.bytes, 0)
  let done = 0
  const onBytes = (bytes: number): void => {
    done += bytes
    o.onProgress?.({ what: 'bytes of the model fetched', done, total })
  }
  const fetched = files.map(f => fetchFile(f, address, { onBytes, signal: o.signal }))
  const threads = o.threads ?? threadsHere()
  const { mjs, wasm } = runtime[device]
  const at = (path: string): string => new URL(path, address).href
  const [backend, stored, json] = await Promise.all([
    webBackend({ device, threads, files: { mjs: at(mjs), wasm: at(wasm) } }),
    ...(fetched as [Promise<Uint8Array>, Promise<Uint8Array>]),
  ])
  await forgetOthers(files, address)
  const values = new MemoryWeights(weights.hash, weights.tensors, weights.file.path, stored)
  let made: Promise<Tokenizer> | undefined
  const source = {
    kind: 'json',
    file: tokenizer.file.path,
    json,
    embeddingRows: config.vocab,
    ...(tokenizer.config && { config: tokenizer.config }),
  } as const
  const model = new Headwise({
    reference: manifest.name,
    device,
    threads,
    budget: BUDGET,
    budgetGiven: false,
    // One model, asked again and again: its sessions stay, for texts of any length.
    engine: new Engine(config, values, backend, 'resident'),
    tokenizer: () => {
      made ??= loadTokenizer(source)
      return made
    },
  })
  return { model, manifest, budget: BUDGET }
}
