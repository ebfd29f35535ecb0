import { GGMLQuantizationType } from '@huggingface/gguf'
import { describe, expect, test } from 'vitest'
import { readGguf } from '../../src/checkpoint/gguf.ts'
import { REMOVED_TYPES, TENSOR_TYPES } from '../../src/checkpoint/gguf-types.ts'
import { faultOf } from './fault.ts'
import { Bytes, bool, type Entry, f32, f32s, gguf, type Tensor, TYPE, text, texts, u32, u32s } from './make-gguf.ts'
import { Scratch } from './scratch.ts'

const architecture = text('general.architecture', 'llama')
const weight: Tensor = { name: 'w', dims: [4, 3] }
const good = gguf({ entries: [architecture, u32('n', 7)], tensors: [weight] })
const withEntry = (entry: Entry) => gguf({ entries: [architecture, entry], tensors: [weight] })
const withTensor = (tensor: Partial<Tensor>) => gguf({ tensors: [{ ...weight, ...tensor }] })
/** The first bytes of a file whose only key is written by hand. */
const start = (write: (to: Bytes) => Bytes, version = 3) =>
  write(new Bytes(version).raw('GGUF').u32(version).size(0).size(1)).bytes()
const array = (element: number, count: bigint | number, data: Uint8Array | string = ''): Entry => [
  'a',
  to => to.u32(TYPE.ARRAY).u32(element).size(count).raw(data),
]

interface Case {
  title: string
  file: Buffer
  /** The same but for the fault; it must load. */
  twin?: Buffer
  code: string
  where?: string | RegExp
  found?: unknown
}

const nested = (levels: number): Buffer =>
  withEntry([
    'a',
    to => Array.from({ length: levels }).reduce<Bytes>(b => b.u32(TYPE.ARRAY).size(1), to.u32(TYPE.ARRAY)),
  ])
const V = 'version, byte 4'
const alignments = [0, 3, 4, 2 ** 31]

const cases: Record<string, Case[]> = {
  'item 24, magic': [
    ...['GGML', 'tjgg', 'FUGG'].map(magic => ({
      title: magic,
      file: gguf({ magic }),
      twin: gguf(),
      code: 'gguf-magic',
      where: 'byte 0',
      found: magic,
    })),
    { title: '0 bytes', file: Buffer.alloc(0), code: 'gguf-magic', where: 'byte 0', found: '' },
    { title: '4 bytes', file: good.subarray(0, 4), twin: good, code: 'gguf-past-end', where: 'byte 4' },
    { title: '8 bytes', file: good.subarray(0, 8), twin: good, code: 'gguf-past-end', where: 'byte 8' },
    {
      title: '23 bytes',
      file: gguf({ entries: [] }).subarray(0, 23),
      twin: gguf({ entries: [] }).subarray(0, 24),
      code: 'gguf-past-end',
      where: 'byte 16',
    },
  ],
  'item 25, version': [
    ...[0, 4].map(version => ({
      title: String(version),
      file: gguf({ version }),
      twin: gguf(),
      code: 'gguf-version',
      where: V,
      found: version,
    })),
    {
      title: 'big-endian',
      file: gguf({ version: 0x03000000 }),
      twin: gguf({ version: 2 }),
      code: 'gguf-big-endian',
      where: V,
      found: 0x03000000,
    },
    {
      title: 'version 1 with a length of 2^32 − 1',
      file: start(to => to.u32(0xffff_ffff).raw('abcdefghijkl'), 1),
      twin: gguf({ version: 1, tensors: [weight] }),
      code: 'gguf-count',
      where: /length of a metadata key/,
      found: 0xffff_ffffn,
    },
  ],
  'items 26 and 27, counts in a file of 24 bytes': [
    ...[2n ** 64n - 1n, 2n ** 63n, 0x1d1d1d1d1d1d1d1dn].map(tensorCount => ({
      title: `${tensorCount} tensors`,
      file: gguf({ tensorCount, entries: [] }).subarray(0, 24),
      twin: gguf({ entries: [] }),
      code: 'gguf-count',
      where: /number of tensors/,
      found: tensorCount,
    })),
    ...[2n ** 63n, 0xffff_ffffn].map(keyCount => ({
      title: `${keyCount} keys`,
      file: gguf({ keyCount, entries: [] }).subarray(0, 24),
      twin: gguf({ entries: [] }),
      code: 'gguf-count',
      where: /number of metadata keys/,
      found: keyCount,
    })),
  ],
  'item 28, strings': [
    ...[2n ** 64n - 1n, 2n ** 31n].map(length => ({
      title: `a key of ${length} bytes`,
      file: start(to => to.u64(length).raw('abcdefghijkl')),
      twin: withEntry(text('abcdefghijkl', '')),
      code: 'gguf-count',
      where: 'the length of a metadata key, byte 24',
      found: length,
    })),
    {
      title: 'a value of 2^64 − 1 bytes',
      file: withEntry(['s', to => to.u32(TYPE.STRING).u64(2n ** 64n - 1n)]),
      twin: withEntry(text('s', '')),
      code: 'gguf-count',
      where: /length of the value of "s"/,
      found: 2n ** 64n - 1n,
    },
    {
      title: 'one byte more than there is',
      file: start(to => to.text('s').u32(TYPE.STRING).u64(4).raw('abc')),
      twin: start(to => to.text('s').u32(TYPE.STRING).u64(3).raw('abc')),
      code: 'gguf-count',
      where: /length of the value of "s"/,
      found: 4n,
    },
    {
      title: 'NUL in a key',
      file: withEntry(u32('a\u0000b', 1)),
      twin: withEntry(u32('a.b', 1)),
      code: 'gguf-key',
      where: /^byte/,
      found: 'a\u0000b',
    },
    {
      title: 'a key that is not UTF-8',
      file: withEntry([Buffer.from([0x61, 0xff]), to => to.u32(TYPE.U32).u32(1)]),
      twin: withEntry(u32('aÿ', 1)),
      code: 'gguf-utf8',
      where: /^byte/,
    },
    {
      title: 'a value that is not UTF-8',
      file: withEntry(['s', to => to.u32(TYPE.STRING).text(Buffer.from([0xc3]))]),
      twin: withEntry(text('s', 'ü \ufffd')),
      code: 'gguf-utf8',
      where: /^byte/,
    },
    {
      title: 'a key of 65,536 bytes',
      file: withEntry(u32('k'.repeat(65_536), 1)),
      twin: withEntry(u32('k'.repeat(65_535), 1)),
      code: 'gguf-key',
      where: /^byte/,
    },
  ],
  'item 29, array lengths': [
    {
      title: '2^63 bytes in 43',
      file: start(to =>
        to
          .text('a')
          .u32(TYPE.ARRAY)
          .u32(TYPE.U8)
          .u64(2n ** 63n),
      ),
      twin: withEntry(array(TYPE.U8, 2, 'ab')),
      code: 'gguf-count',
      where: /length of the value of "a"/,
      found: 2n ** 63n,
    },
    {
      title: '2^61 64-bit numbers',
      file: withEntry(array(TYPE.U64, 2n ** 61n)),
      twin: withEntry(array(TYPE.U64, 1, 'abcdefgh')),
      code: 'gguf-count',
      where: /length of the value of "a"/,
      found: 2n ** 61n,
    },
    {
      title: '2^40 strings',
      file: withEntry(array(TYPE.STRING, 2n ** 40n)),
      twin: withEntry(texts('a', ['x', ''])),
      code: 'gguf-count',
      where: /length of the value of "a"/,
      found: 2n ** 40n,
    },
  ],
  'item 30, types of values': [
    {
      title: 'arrays of arrays, 5 levels',
      file: nested(5),
      twin: withEntry(u32s('a', [1, 2])),
      code: 'gguf-nested-array',
      where: /^byte/,
      found: 'an array of arrays',
    },
    {
      title: 'arrays of arrays, 100,000 levels',
      file: nested(100_000),
      twin: withEntry(u32s('a', [])),
      code: 'gguf-nested-array',
      where: /^byte/,
    },
    ...[13, 0xffff_ffff].map(type => ({
      title: `element type ${type}`,
      file: withEntry(array(type, 0)),
      twin: withEntry(array(TYPE.F64, 0)),
      code: 'gguf-value-type',
      where: /^byte/,
      found: type,
    })),
    {
      title: 'value type 13',
      file: withEntry(['v', to => to.u32(13).u64(0)]),
      twin: withEntry(['v', to => to.u32(12).u64(0)]),
      code: 'gguf-value-type',
      where: /^byte/,
      found: 13,
    },
    {
      title: 'a BOOL of 2',
      file: withEntry(bool('b', 2)),
      twin: withEntry(bool('b', 1)),
      code: 'gguf-bool',
      where: /^byte/,
      found: 2,
    },
    {
      title: 'a BOOL of 2 in an array',
      file: withEntry(array(TYPE.BOOL, 2, '\u0001\u0002')),
      twin: withEntry(array(TYPE.BOOL, 2, '\u0001\u0000')),
      code: 'gguf-bool',
      where: /^byte/,
      found: 2,
    },
  ],
  'item 31, twice': [
    {
      title: 'general.architecture',
      file: gguf({ entries: [architecture, text('general.architecture', 'qwen2')] }),
      twin: gguf({ entries: [architecture, text('general.name', 'qwen2')] }),
      code: 'gguf-duplicate-key',
      where: 'general.architecture',
      found: 'twice',
    },
    {
      title: 'a tensor',
      file: gguf({ tensors: [weight, weight] }),
      twin: gguf({ tensors: [weight, { ...weight, name: 'x' }] }),
      code: 'gguf-duplicate-tensor',
      where: 'w',
      found: 'twice',
    },
  ],
  'item 32, alignment': [
    ...alignments.map(n => ({
      title: String(n),
      file: withEntry(u32('general.alignment', n)),
      twin: gguf({
        entries: [u32('general.alignment', 64)],
        tensors: [weight, { ...weight, name: 'x' }],
        alignment: 64,
      }),
      code: 'gguf-alignment',
      where: 'general.alignment',
      found: n,
    })),
    {
      title: '2^63',
      file: withEntry(['general.alignment', to => to.u32(TYPE.U64).u64(2n ** 63n)]),
      twin: withEntry(u32('general.alignment', 32)),
      code: 'gguf-alignment',
      where: 'general.alignment',
      found: 2n ** 63n,
    },
    {
      title: 'a string',
      file: withEntry(text('general.alignment', '32')),
      twin: withEntry(u32('general.alignment', 32)),
      code: 'gguf-alignment',
      where: 'general.alignment',
      found: '32',
    },
  ],
  'item 33, dimensions': [
    ...[0, 5, 0xffff_ffff].map(axes => ({
      title: `${axes} of them`,
      file: withTensor({ axes }),
      twin: withTensor({ dims: [1, 2, 3, 4] }),
      code: 'gguf-dimensions',
      where: 'w, n_dims',
      found: axes,
    })),
    ...[0n, 2n ** 63n].map(d => ({
      title: `one of ${d}`,
      file: withTensor({ dims: [4, d], data: 48 }),
      twin: good,
      code: 'gguf-dimension',
      where: 'w, dimensions',
      found: d,
    })),
    ...(
      [
        [2n ** 32n + 1n, 2n ** 32n],
        [1152, 2n ** 42n + 1n],
      ] as const
    ).map(dims => ({
      title: `[${dims}]`,
      file: withTensor({ dims, data: 48 }),
      twin: good,
      code: 'gguf-tensor-past-end',
      where: 'w, offset',
      found: 0n,
    })),
  ],
  'item 34, tensor types': [
    ...[4, 5, 31, 32, 33, 36, 37, 38, 255, 0xffff_ffff].map(type => ({
      title: String(type),
      file: withTensor({ type }),
      twin: withTensor({ type: 26 }),
      code: 'gguf-tensor-type',
      where: 'w, type',
      found: type,
    })),
    {
      title: 'a row of 33 in blocks of 32',
      file: withTensor({ type: 8, dims: [33, 2], data: 96 }),
      twin: withTensor({ type: 8, dims: [64, 1], data: 96 }),
      code: 'gguf-block',
      where: 'w, dimensions',
      found: 33n,
    },
  ],
  'items 35 and 36, places': [
    {
      title: 'not a multiple of the alignment',
      file: withTensor({ offset: 16, data: 96 }),
      twin: withTensor({ offset: 32, data: 96 }),
      code: 'gguf-alignment',
      where: 'w, offset',
      found: 16n,
    },
    {
      title: 'past the file',
      file: withTensor({ offset: 64 }),
      twin: good,
      code: 'gguf-tensor-past-end',
      where: 'w, offset',
      found: 64n,
    },
    {
      title: 'offset and size that wrap',
      file: withTensor({ offset: 2n ** 64n - 32n }),
      twin: good,
      code: 'gguf-tensor-past-end',
      where: 'w, offset',
      found: 2n ** 64n - 32n,
    },
    {
      title: 'two over the same bytes',
      file: gguf({ tensors: [weight, { ...weight, name: 'x', offset: 32 }] }),
      twin: gguf({ tensors: [weight, { ...weight, name: 'x', offset: 64 }] }),
      code: 'gguf-overlap',
      where: 'x, offset',
    },
    {
      title: 'sizes that fit one by one but whose sum wraps',
      file: gguf({
        tensors: [
          { ...weight, dims: [2n ** 53n - 1n, 512] },
          { ...weight, name: 'x', dims: [2n ** 53n - 1n, 512] },
        ].map(t => ({ ...t, data: 64 })),
      }),
      twin: gguf({ tensors: [weight, { ...weight, name: 'x' }] }),
      code: 'gguf-tensor-past-end',
      where: 'w, offset',
    },
    {
      title: 'a size whose padding wraps',
      file: withTensor({ dims: [2n ** 53n - 1n, 2n ** 9n], type: 24, offset: 0, data: 48 }),
      twin: withTensor({ dims: [48], type: 24, data: 48 }),
      code: 'gguf-tensor-past-end',
      where: 'w, offset',
    },
    {
      title: 'a tensor cut off',
      file: good.subarray(0, good.length - 32),
      twin: good.subarray(0, good.length - 16),
      code: 'gguf-tensor-past-end',
      where: 'w, offset',
      found: 0n,
    },
    {
      title: 'an empty tensor name',
      file: withTensor({ name: '' }),
      twin: withTensor({ name: '__proto__' }),
      code: 'gguf-tensor-name',
      where: /^byte/,
      found: '',
    },
  ],
}

describe.each(Object.entries(cases))('%s', (_, list) => {
  test.each(list)('$title', async ({ title: _title, file, twin, code, where, ...facts }) => {
    using scratch = new Scratch()
    const path = scratch.write('m.gguf', file)
    const fault = await faultOf(() => readGguf(path))
    expect(fault).toMatchObject({ code, file: path, fault: 'data', ...facts })
    if (where !== undefined) expect(fault.where).toMatch(where instanceof RegExp ? where : new RegExp(`^${where}$`))
    if (twin) expect(await readGguf(scratch.write('twin.gguf', twin))).toHaveProperty('tensors')
  })
})

test.each([1, 2, 3])(
  'a healthy file of version %i reads back: values, shapes outermost first, places',
  async version => {
    using scratch = new Scratch()
    const entries: Entry[] = [
      architecture,
      u32('u', 7),
      f32('f', 0.5),
      bool('b', 1),
      ['big', to => to.u32(TYPE.U64).u64(2n ** 60n)],
      ['small', to => to.u32(TYPE.U64).u64(12)],
      texts('tokens', ['Ġthe', '', '日本', '😀', 'a']),
      f32s('scores', [0.5, -1]),
      ['flags', to => to.u32(TYPE.ARRAY).u32(TYPE.BOOL).size(2).u8(1).u8(0)],
    ]
    const tensors = [weight, { name: 'q', dims: [64, 2], type: 8, data: 136 }]
    const path = scratch.write('m.gguf', gguf({ version, entries, tensors }))
    const file = await readGguf(path)
    expect(file.version).toBe(version)
    expect(Object.fromEntries(file.metadata)).toEqual({
      'general.architecture': 'llama',
      u: 7,
      f: 0.5,
      b: true,
      big: 2n ** 60n,
      small: 12,
      tokens: ['Ġthe', '', '日本', '😀', 'a'],
      scores: Float32Array.of(0.5, -1),
      flags: [true, false],
    })
    const base = file.bytes - 64 - 160
    expect([...file.tensors.values()]).toEqual([
      { name: 'w', dtype: 'F32', shape: [3, 4], file: path, offset: base, bytes: 48 },
      { name: 'q', dtype: 'Q8_0', shape: [2, 64], file: path, offset: base + 64, bytes: 136 },
    ])
  },
)

test('strings across the borders of the reading window arrive whole', async () => {
  using scratch = new Scratch()
  const list = Array.from({ length: 5000 }, (_, i) => 'aé日😀'.repeat(i % 97) + i)
  const file = await readGguf(scratch.write('m.gguf', gguf({ entries: [texts('t', list)] })))
  expect(file.metadata.get('t')).toEqual(list)
})

test('the table of types has the numbers and names of Hugging Face, and none that were removed', () => {
  for (const [id, { name }] of TENSOR_TYPES) expect(GGMLQuantizationType[id]).toBe(name)
  for (const id of REMOVED_TYPES) expect(TENSOR_TYPES.has(id)).toBe(false)
})
