import { basename, dirname, join, resolve } from 'node:path'
import { bad, show } from './fault.ts'
import { memberFile } from './folder-member.ts'
import { type GgufFile, readGguf } from './gguf.ts'
import type { StoredTensor } from './tensors.ts'

const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/

/** The fields by which parts know each other; `no` counts from 0, the number in the file name from 1. */
function judgePart(part: GgufFile, first: GgufFile, no: number, count: number): void {
  const expect = (key: string, allowed: unknown) => {
    const found = part.metadata.get(key)
    if (found === allowed) return
    const details = { code: 'gguf-split', file: part.file, where: key, found, allowed }
    throw bad(
      details,
      `${key} is ${show(found)}, but the file's name and the first part say ${show(allowed)}; the parts do not belong together.`,
    )
  }
  expect('split.count', count)
  expect('split.no', no)
  expect('split.tensors.count', first.metadata.get('split.tensors.count'))
  for (const key of ['general.architecture', 'general.name', 'general.file_type'])
    if (part.metadata.has(key)) expect(key, first.metadata.get(key))
}

function merge(parts: readonly GgufFile[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>()
  for (const part of parts)
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name)) {
        const details = {
          code: 'gguf-duplicate-tensor',
          file: part.file,
          where: name,
          found: 'in two parts',
          allowed: 'once',
        }
        throw bad(details, `the tensor ${show(name)} also stands in another part.`)
      }
      tensors.set(name, tensor)
    }
  return tensors
}

/**
 * A GGUF file with, if its name is `…-00001-of-0000N.gguf`, its other parts from the same folder. The metadata are
 * those of the first part.
 */
export async function readGgufParts(path: string): Promise<GgufFile & { readonly files: readonly string[] }> {
  const first = await readGguf(path)
  const named = PART.exec(basename(path))
  if (named === null) {
    const count = first.metadata.get('split.count')
    if (count === undefined || count === 1 || count === 0) return { ...first, files: [resolve(path)] }
    const details = {
      code: 'gguf-split',
      file: path,
      where: 'split.count',
      found: count,
      allowed: 'NAME-00001-of-0000N.gguf',
    }
    throw bad(details, `this is one of ${show(count)} parts, but its name is not of the form NAME-00001-of-0000N.gguf.`)
  }
  const [, stem, number, total] = named
  const count = Number(total)
  if (number !== '00001') {
    const details = { code: 'gguf-split', file: path, where: 'file name', found: number, allowed: '00001' }
    throw bad(details, `this is part ${number} of ${total}; give the first one, ${stem}-00001-of-${total}.gguf.`)
  }
  judgePart(first, first, 0, count)
  const parts = [first]
  for (let no = 1; no < count; no++) {
    const name = `${stem}-${String(no + 1).padStart(5, '0')}-of-${total}.gguf`
    const member = memberFile(dirname(resolve(path)), name)
    if (member === undefined) {
      const details = { code: 'gguf-split-missing', file: path, where: name, found: 'nothing', allowed: name }
      throw bad(details, `the part ${join(dirname(path), name)} is missing; all ${count} parts must be in one folder.`)
    }
    const part = await readGguf(member)
    judgePart(part, first, no, count)
    parts.push(part)
  }
  const tensors = merge(parts)
  const stated = first.metadata.get('split.tensors.count')
  if (stated !== tensors.size) {
    const details = {
      code: 'gguf-split',
      file: path,
      where: 'split.tensors.count',
      found: stated,
      allowed: tensors.size,
    }
    throw bad(details, `split.tensors.count is ${show(stated)}, but the ${count} parts hold ${tensors.size} tensors.`)
  }
  return { ...first, tensors, files: parts.map(p => resolve(p.file)) }
}
