import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readGgufParts } from '../../src/checkpoint/gguf-split.ts'
import { faultOf } from './fault.ts'
import { type Entry, gguf, text, u32 } from './make-gguf.ts'
import { Scratch } from './scratch.ts'

const COUNT = 3
const name = (no: number) => `m-${String(no + 1).padStart(5, '0')}-of-00003.gguf`

interface Part {
  no?: number
  count?: number
  total?: number
  tensor?: string
  extra?: Entry[]
}
const part = (
  index: number,
  { no = index, count = COUNT, total = COUNT, tensor = `w${index}`, extra = [] }: Part = {},
) =>
  gguf({
    entries: [
      ...(index === 0 ? [text('general.architecture', 'llama')] : []),
      u32('split.no', no),
      u32('split.count', count),
      u32('split.tensors.count', total),
      ...extra,
    ],
    tensors: [{ name: tensor, dims: [4] }],
  })

/** Writes three parts, one of them changed or left out. */
function write(scratch: Scratch, changes: Record<number, Part | null> = {}): string {
  for (let i = 0; i < COUNT; i++) if (changes[i] !== null) scratch.write(name(i), part(i, changes[i] ?? {}))
  return scratch.path(name(0))
}

test('the parts of a file are read as one', async () => {
  using scratch = new Scratch()
  const { tensors, files, metadata } = await readGgufParts(write(scratch))
  expect([...tensors.keys()]).toEqual(['w0', 'w1', 'w2'])
  expect(files).toEqual([0, 1, 2].map(i => scratch.path(name(i))))
  expect([...tensors.values()].map(t => t.file)).toEqual(files)
  expect(metadata.get('general.architecture')).toBe('llama')
})

const same = [text('general.architecture', 'llama')]
const cases: {
  title: string
  at: number
  part: Part | null
  twin?: Part
  code: string
  where: string
  found: unknown
}[] = [
  { title: 'a sibling missing', at: 1, part: null, code: 'gguf-split-missing', where: name(1), found: 'nothing' },
  {
    title: 'a sibling of another model',
    at: 2,
    part: { extra: [text('general.architecture', 'qwen2')] },
    twin: { extra: same },
    code: 'gguf-split',
    where: 'general.architecture',
    found: 'qwen2',
  },
  {
    title: 'a sibling that states another number of tensors',
    at: 2,
    part: { total: 4 },
    twin: { total: 3 },
    code: 'gguf-split',
    where: 'split.tensors.count',
    found: 4,
  },
  {
    title: 'a sibling with a wrong number',
    at: 1,
    part: { no: 2 },
    twin: { no: 1 },
    code: 'gguf-split',
    where: 'split.no',
    found: 2,
  },
  { title: 'split.no 7', at: 0, part: { no: 7 }, twin: { no: 0 }, code: 'gguf-split', where: 'split.no', found: 7 },
  {
    title: 'split.count 65535',
    at: 0,
    part: { count: 65_535 },
    twin: { count: 3 },
    code: 'gguf-split',
    where: 'split.count',
    found: 65_535,
  },
  {
    title: 'a tensor in two parts',
    at: 1,
    part: { tensor: 'w0' },
    twin: { tensor: 'w9' },
    code: 'gguf-duplicate-tensor',
    where: 'w0',
    found: 'in two parts',
  },
]

test.each(cases)('item 39: $title', async ({ at, part: changed, twin = {}, code, where, found }) => {
  using scratch = new Scratch()
  expect(await faultOf(() => readGgufParts(write(scratch, { [at]: changed })))).toMatchObject({ code, where, found })
  using healthy = new Scratch()
  expect((await readGgufParts(write(healthy, { [at]: twin }))).tensors.size).toBe(3)
})

test('item 39: another part than the first, or a part under a name that says nothing', async () => {
  using scratch = new Scratch()
  write(scratch)
  const second = await faultOf(() => readGgufParts(scratch.path(name(1))))
  expect(second).toMatchObject({ code: 'gguf-split', where: 'file name', found: '00002', allowed: '00001' })
  const renamed = await faultOf(() => readGgufParts(scratch.write('m.gguf', part(0))))
  expect(renamed).toMatchObject({ code: 'gguf-split', where: 'split.count', found: 3 })
  expect((await readGgufParts(scratch.write('whole.gguf', part(0, { count: 1, total: 1 })))).tensors.size).toBe(1)
})

test('a part that is a link out of the folder is not followed', async () => {
  using scratch = new Scratch()
  using outside = new Scratch()
  const first = write(scratch, { 2: null })
  symlinkSync(outside.write('x.gguf', part(2)), scratch.path(name(2)))
  expect(await faultOf(() => readGgufParts(first))).toMatchObject({
    code: 'link-leaves-folder',
    found: outside.path('x.gguf'),
  })
})
