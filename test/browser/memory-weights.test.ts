import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import '../support/cache.ts'
import { join } from 'node:path'
import { readManifest } from '../../src/browser/manifest.ts'
import { describeModel } from '../../src/browser/manifest-of.ts'
import { MemoryWeights } from '../../src/browser/memory-weights.ts'
import { open } from '../../src/library/open.ts'
import { tiny } from '../support/models.ts'

const specimen = join(import.meta.dirname, '../../models/specimen')
const { manifest, files } = await describeModel(specimen, 'specimen', 'ours')

test('the manifest of the specimen describes what Node opens, and survives JSON', async () => {
  const { engine } = await open('specimen', { threads: 1 })
  expect(manifest.config).toEqual(engine.config)
  expect(manifest.weights.hash).toBe(engine.weights.hash)
  expect([...files.keys()]).toEqual([manifest.weights.file.path, manifest.tokenizer.file.path])
  const one = { mjs: 'a.mjs', wasm: 'a.wasm' }
  const whole = { ...manifest, runtime: { wasm: one, webgpu: one } }
  expect(readManifest(JSON.stringify(whole), 'here')).toEqual(whole)
})

const bytesOf = (a: Float32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

test('every weight in memory is bit for bit what Node converts', async () => {
  const { engine } = await open('specimen', { threads: 1 })
  const { hash, file, tensors } = manifest.weights
  const own = new MemoryWeights(hash, tensors, file.path, readFileSync(files.get(file.path)!))
  expect(own.names).toEqual(engine.weights.names)
  for (const name of own.names) {
    expect(own.entry(name)!.shape).toEqual(engine.weights.entry(name)!.shape)
    const [found, expected] = [own, engine.weights].map(w => bytesOf(w.read(name)))
    expect(Buffer.compare(found!, expected!), name).toBe(0)
  }
  expect(own.entry('absent')).toBeUndefined()
})

test('a model that is no folder with one safetensors file is refused', async () => {
  await expect(describeModel(tiny('bf16-sharded'), 'x', '')).rejects.toMatchObject({ code: 'page-model' })
})
