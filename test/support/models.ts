import './cache.ts'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RegularFile } from '../../src/checkpoint/files.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { type Device, open } from '../../src/library/open.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { f32, type NDArray } from '../../src/words/arrays.ts'

const root = join(import.meta.dirname, '../..')
export const fixture = (...path: string[]): string => join(root, 'test/fixtures', ...path)
/** The folder of large third-party material beside the repository; tests that need it skip without it. */
export const shared = (...path: string[]): string => join(root, '../shared', ...path)
export const smollm2 = shared('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf')
export const smollm2Here = existsSync(smollm2) && existsSync(shared('golden/logits.json'))

export const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

/** All float32 tensors of a safetensors file. */
export async function tensors(path: string): Promise<(name: string) => NDArray<'f32'>> {
  const { tensors: stored } = await readSafetensors(path)
  using file = new RegularFile(path)
  const all = new Map<string, NDArray<'f32'>>()
  for (const [name, { shape, bytes, offset }] of stored) {
    const data = new Float32Array(bytes / 4)
    file.read(new Uint8Array(data.buffer), offset)
    all.set(name, f32(shape, data))
  }
  return name => {
    const found = all.get(name)
    if (!found) throw new RangeError(`${path} holds no ${name}`)
    return found
  }
}

/** The engine of a checkpoint on a backend, disposed by the caller. */
export const engineOf = async (path: string, device: Device = 'cpu'): Promise<Engine> =>
  (await open(path, { device, threads: 2 })).engine

export const tiny = (name: string): string => fixture('tiny', name)
export interface TinyExpected {
  readonly prompts: readonly { readonly ids: number[]; readonly mean_loss: number }[]
  readonly greedy?: { readonly prompt: number[]; readonly ids: number[] }
}
