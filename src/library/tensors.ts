import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { RegularFile } from '../checkpoint/files.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'

/** Reads the tensors that edits name out of safetensors files in `folder`. */
export const tensorReader =
  (folder: string) =>
  async (file: string, name: string): Promise<NDArray<'f32'>> => {
    const path = join(folder, file)
    const { tensors } = await readSafetensors(path)
    const stored = tensors.get(name)
    if (!stored)
      throw new HeadwiseError(`${file} holds no tensor "${name}".`, {
        code: 'edit-tensor',
        file: path,
        where: name,
        found: name,
        allowed: [...tensors.keys()].slice(0, 20),
      })
    if (stored.dtype !== 'F32')
      throw new HeadwiseError(`${file}: the tensor "${name}" is ${stored.dtype}; edits take F32.`, {
        code: 'edit-tensor',
        file: path,
        where: name,
        found: stored.dtype,
        allowed: 'F32',
      })
    using bytes = new RegularFile(path)
    const values = new Float32Array(stored.bytes / 4)
    bytes.read(new Uint8Array(values.buffer), stored.offset)
    return f32(stored.shape, values)
  }

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** SHA-256 of every file that the edits take values from, by its name in the edits. */
export async function editFiles(edits: readonly Edit[], folder: string): Promise<Record<string, string>> {
  const names = new Set(
    edits.flatMap(e => ('value' in e && typeof e.value === 'object' && 'file' in e.value ? [e.value.file] : [])),
  )
  const hashes: Record<string, string> = {}
  for (const name of names) hashes[name] = await sha256(join(folder, name))
  return hashes
}
