import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WeightEntry, Weights } from '../../src/runtime/weights.ts'
import { type NDArray, sizeOf } from '../../src/words/arrays.ts'

/** Weights in one raw float32 file of a temporary folder, each at a 64-byte border; disposing removes the folder. */
export function fileWeights(arrays: Readonly<Record<string, NDArray<'f32'>>>): Weights & Disposable {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'headwise-test-')))
  const file = join(folder, 'weights.bin')
  const entries = new Map<string, WeightEntry>()
  let offset = 0
  for (const [name, { shape }] of Object.entries(arrays)) {
    entries.set(name, { shape, file, offset })
    offset += Math.ceil((4 * sizeOf(shape)) / 64) * 64
  }
  const bytes = new Uint8Array(Math.max(offset, 64))
  for (const [name, { data }] of Object.entries(arrays))
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), entries.get(name)!.offset)
  writeFileSync(file, bytes)
  return {
    hash: 'test',
    folder,
    names: [...entries.keys()],
    entry: name => entries.get(name),
    read: name => arrays[name]!.data,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
