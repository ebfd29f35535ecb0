import '../support/cache.ts'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openModel } from '../../src/checkpoint/reference.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { prepareWeights } from '../../src/checkpoint/weight-cache.ts'
import { familyOf } from '../../src/models/families/index.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { config, json, llamaGguf, names, weights, writeFolder } from './make-llama.ts'
import { weightsFile } from './make-safetensors.ts'
import { damages, mutate } from './mutate.ts'
import { Scratch } from './scratch.ts'

const scratch = new Scratch()
afterAll(() => scratch[Symbol.dispose]())

/** Ten times the two seconds in which a header is to be judged. */
const MILLISECONDS = 20_000

/** Opens a checkpoint as a command would, weights included. */
async function load(reference: string): Promise<void> {
  const source = await openModel(reference)
  const family = familyOf(source)
  const decoder = family.config(source)
  await prepareWeights(source, family.layout(decoder, source))
}

let [loaded, refused] = [0, 0]
/** Loads or ends in one sentence about bad data; nothing else, and in time. */
async function judged(work: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  try {
    await work()
    loaded++
  } catch (error) {
    if (!(error instanceof HeadwiseError)) throw error
    expect(error.fault, error.message).toBe('data')
    expect(error.code).toMatch(/^[a-z0-9-]+$/)
    expect(error.message).toMatch(/^[^\u0000-\u001f\u007f]+\.$/)
    expect(error.file).toBeDefined()
    refused++
  }
  expect(performance.now() - start).toBeLessThan(MILLISECONDS)
}

async function fuzz(file: Buffer, numRuns: number, run: (changed: Buffer) => Promise<unknown>): Promise<void> {
  await run(file)
  const property = fc.asyncProperty(damages, list => judged(() => run(mutate(file, list))))
  await fc.assert(property, { numRuns })
}

test("the specimen's own header, damaged", async () => {
  const real = readFileSync(join(import.meta.dirname, '../../models/specimen/model.safetensors'))
  const header = real.subarray(0, 8 + Number(real.readBigUInt64LE(0)))
  const path = scratch.path('specimen.safetensors')
  await fuzz(header, 2000, changed => {
    writeFileSync(path, changed)
    truncateSync(path, real.length + changed.length - header.length)
    return readSafetensors(path)
  })
})

test('GGUF files, damaged in header and data, all the way to their weights', async () => {
  const path = scratch.path('m.gguf')
  const whole = llamaGguf()
  const data = names.reduce((n, [, , shape]) => n + 4 * shape.reduce((a, b) => a * b, 1), 0)
  // Most damages fall on the header if there is little else; the data are put back behind it.
  const header = whole.subarray(0, whole.length - data)
  await fuzz(header, 2000, changed => {
    writeFileSync(path, Buffer.concat([changed, whole.subarray(header.length)]))
    return load(path)
  })
})

test('the files of a folder, damaged one at a time', async () => {
  const folder = writeFolder(scratch)
  const files: Record<string, Buffer> = {
    'config.json': Buffer.from(json(config)),
    'generation_config.json': Buffer.from(json({ eos_token_id: [1, 2], temperature: 0.6, top_k: 40, top_p: 0.9 })),
    'model.safetensors': weightsFile(weights()),
  }
  for (const [name, file] of Object.entries(files)) {
    await fuzz(file, 500, changed => {
      scratch.write(name, changed)
      return load(folder)
    })
    scratch.write(name, file)
  }
})

test('an index of shards, damaged', async () => {
  const folder = writeFolder(scratch)
  const all = Object.entries(weights())
  const shards = [all.slice(0, 7), all.slice(7)]
  for (const [i, shard] of shards.entries()) scratch.write(`s${i}.safetensors`, weightsFile(Object.fromEntries(shard)))
  rmSync(scratch.path('model.safetensors'))
  const map = Object.fromEntries(all.map(([name], i) => [name, `s${i < 7 ? 0 : 1}.safetensors`]))
  const index = Buffer.from(json({ metadata: {}, weight_map: map }))
  await fuzz(index, 500, changed => {
    scratch.write('model.safetensors.index.json', changed)
    return load(folder)
  })
})

test('the damages are of a kind that some files survive and most do not', () => {
  expect(loaded).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(loaded)
})
