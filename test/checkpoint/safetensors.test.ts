import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, truncateSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { HEADER_LIMIT, readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { faultOf } from './fault.ts'
import { safetensors } from './make-safetensors.ts'
import { Scratch } from './scratch.ts'

const good = safetensors({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 8)
const entry = (changes: object, data = 8) =>
  safetensors({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes } }, data)
/** As `entry`, for JSON that JavaScript cannot say: `$` stands for the changed fields. */
const raw = (fields: string, data = 8) => safetensors(`{"a":{${fields}}}`, data)
const named = (name: string) => safetensors({ [name]: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 8)
const two = (a: [number, number], b: [number, number], data: number) =>
  safetensors(
    {
      a: { dtype: 'U8', shape: [a[1] - a[0]], data_offsets: a },
      b: { dtype: 'U8', shape: [b[1] - b[0]], data_offsets: b },
    },
    data,
  )
const withMetadata = (metadata: string) =>
  safetensors(`{"__metadata__":${metadata},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8)
const bytes = (...list: number[]) => Buffer.from(list)

interface Case {
  title: string
  file: Buffer
  /** The same but for the fault; it must load. */
  twin?: Buffer
  code: string
  where?: string
  found?: unknown
}

const L = 'header length, byte 0'
const cases: Record<string, Case[]> = {
  'item 1, too short': [
    { title: '0 bytes', file: bytes(), code: 'safetensors-too-short', where: 'byte 0', found: 0 },
    { title: '7 bytes', file: Buffer.alloc(7), code: 'safetensors-too-short', where: 'byte 0', found: 7 },
    {
      title: '8 bytes with length 2',
      file: safetensors('', 0, 2n),
      twin: safetensors('{}'),
      code: 'safetensors-too-short',
      where: 'byte 0',
      found: 8,
    },
  ],
  'item 2, length beyond the file': [
    {
      title: '2^64 − 1',
      file: safetensors('{}', 0, 2n ** 64n - 1n),
      twin: safetensors('{}'),
      code: 'safetensors-header-length',
      where: L,
      found: 2n ** 64n - 1n,
    },
    {
      title: '2^63',
      file: safetensors('{}', 0, 2n ** 63n),
      twin: safetensors('{}'),
      code: 'safetensors-header-length',
      where: L,
      found: 2n ** 63n,
    },
    {
      title: 'file size − 7',
      file: safetensors('{}', 0, 3n),
      twin: safetensors('{}', 0, 2n),
      code: 'safetensors-header-length',
      where: L,
      found: 3n,
    },
  ],
  'item 4, header that is no JSON object': [
    {
      title: 'length 0',
      file: safetensors('', 8),
      twin: safetensors('{}'),
      code: 'safetensors-header-length',
      where: L,
      found: 0n,
    },
    {
      title: 'a space first',
      file: safetensors(' {}'),
      twin: safetensors('{} '),
      code: 'safetensors-header-start',
      where: 'byte 8',
      found: '0x20',
    },
    {
      title: 'a byte order mark',
      file: safetensors('\ufeff{}'),
      twin: safetensors('{}'),
      code: 'safetensors-header-start',
      where: 'byte 8',
      found: '0xef',
    },
    {
      title: 'an array',
      file: safetensors('[]'),
      twin: safetensors('{}'),
      code: 'safetensors-header-start',
      where: 'byte 8',
      found: '0x5b',
    },
    {
      title: 'null',
      file: safetensors('null'),
      twin: safetensors('{}  '),
      code: 'safetensors-header-start',
      where: 'byte 8',
      found: '0x6e',
    },
    {
      title: 'a string',
      file: safetensors('"x"'),
      twin: safetensors('{} '),
      code: 'safetensors-header-start',
      where: 'byte 8',
      found: '0x22',
    },
    {
      title: 'cut JSON',
      file: safetensors('{"a":{"dtype":"F3'),
      twin: safetensors('{}'),
      code: 'json-syntax',
      where: 'character 17',
      found: 'the end of the text',
    },
    {
      title: 'invalid UTF-8 in a name',
      file: safetensors(Buffer.from('{"\xff":{}}', 'latin1')),
      twin: named('ÿ'),
      code: 'json-encoding',
    },
  ],
  'item 5, a name twice': [
    {
      title: 'with other offsets',
      file: safetensors(
        '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
        8,
      ),
      twin: two([0, 4], [4, 8], 8),
      code: 'json-duplicate-key',
      where: 'a',
      found: 'twice',
    },
  ],
  'item 6, data_offsets': [
    ...(
      [
        ['[8,0]', '[8, 0]'],
        ['[-8,0]', '[-8, 0]'],
        ['[0.5,4.5]', '[0.5, 4.5]'],
        ['["0","4"]', '["0", "4"]'],
        ['[0,1e999]', '[0, Infinity]'],
        ['[0,9007199254740993]', '[0, 9007199254740992]'],
        ['[0]', '[0]'],
        ['[0,4,8]', '[0, 4, 8]'],
        ['null', 'null'],
      ] as const
    ).map(([text, found]) => ({
      title: text,
      file: raw(`"dtype":"F32","shape":[2],"data_offsets":${text}`),
      twin: good,
      code: 'safetensors-offsets',
      where: 'a.data_offsets',
      found,
    })),
    {
      title: 'past the data',
      file: entry({ shape: [3], data_offsets: [0, 12] }),
      twin: entry({ shape: [3], data_offsets: [0, 12] }, 12),
      code: 'safetensors-past-end',
      where: 'a.data_offsets',
      found: 12,
    },
  ],
  'item 7, data covered twice or not at all': [
    {
      title: 'shared bytes',
      file: two([0, 16], [8, 24], 24),
      twin: two([0, 16], [16, 24], 24),
      code: 'safetensors-overlap',
      where: 'b',
      found: 8,
    },
    {
      title: 'a hole of 8 bytes',
      file: two([0, 8], [16, 24], 24),
      twin: two([0, 8], [8, 24], 24),
      code: 'safetensors-hole',
      where: 'b',
      found: 16,
    },
    {
      title: 'a ZIP after the last tensor',
      file: Buffer.concat([good, Buffer.from('PK\x05\x06'), Buffer.alloc(18)]),
      twin: good,
      code: 'safetensors-trailing',
      found: 30,
    },
  ],
  'item 8, shape against range': [
    {
      title: 'F32 [1000,1000] over 4 bytes',
      file: entry({ shape: [1000, 1000], data_offsets: [0, 4] }, 4),
      twin: entry({ shape: [1, 1], data_offsets: [0, 4] }, 4),
      code: 'safetensors-shape-range',
      where: 'a.shape',
      found: 4,
    },
    {
      title: 'a product that wraps to 0',
      file: entry({ shape: [2 ** 32, 2 ** 32, 2], data_offsets: [0, 0] }, 0),
      twin: entry({ shape: [2 ** 32, 0, 2], data_offsets: [0, 0] }, 0),
      code: 'safetensors-shape-range',
      where: 'a.shape',
      found: 0,
    },
  ],
  'item 9, shape and dtype': [
    ...[[-1], [1.5], ['4'], [null]].map(shape => ({
      title: JSON.stringify(shape),
      file: entry({ shape }),
      twin: good,
      code: 'safetensors-shape',
      where: 'a.shape',
    })),
    {
      title: '65 dimensions',
      file: entry({ shape: [2, ...Array(64).fill(1)] }),
      twin: entry({ shape: [2, ...Array(63).fill(1)] }),
      code: 'safetensors-shape',
      where: 'a.shape',
      found: '65 dimensions',
    },
    {
      title: 'dtype F128',
      file: entry({ dtype: 'F128' }),
      twin: good,
      code: 'safetensors-dtype',
      where: 'a.dtype',
      found: 'F128',
    },
    {
      title: 'dtype f32',
      file: entry({ dtype: 'f32' }),
      twin: good,
      code: 'safetensors-dtype',
      where: 'a.dtype',
      found: 'f32',
    },
    {
      title: 'no dtype',
      file: entry({ dtype: undefined }),
      twin: good,
      code: 'safetensors-dtype',
      where: 'a.dtype',
      found: undefined,
    },
    {
      title: 'F8_E5M2',
      file: entry({ dtype: 'F8_E5M2', shape: [8] }),
      twin: entry({ dtype: 'U8', shape: [8] }),
      code: 'safetensors-dtype-unsupported',
      where: 'a.dtype',
      found: 'F8_E5M2',
    },
    {
      title: 'F4',
      file: entry({ dtype: 'F4', shape: [16] }),
      twin: entry({ dtype: 'I8', shape: [8] }),
      code: 'safetensors-dtype-unsupported',
      where: 'a.dtype',
      found: 'F4',
    },
    {
      title: 'no object',
      file: safetensors('{"a":5}'),
      twin: good,
      code: 'safetensors-entry',
      where: 'a.entry',
      found: '5',
    },
  ],
  'item 10, names': [
    ...[
      '__proto__',
      'constructor',
      'toString',
      '',
      'a\u0000b',
      'a\nb',
      'a\u001b[31mb',
      '../a',
      'x/../../y',
      '..\\a',
    ].map(name => ({
      title: JSON.stringify(name),
      file: safetensors(`{${JSON.stringify(name)}:{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8),
      twin: named('model..weight'),
      code: 'safetensors-name',
      where: 'tensor name',
      found: name,
    })),
    {
      title: '1 MB long',
      file: named('x'.repeat(1_000_000)),
      twin: named('x'.repeat(1024)),
      code: 'safetensors-name',
      where: 'tensor name',
      found: 'x'.repeat(100),
    },
  ],
  'item 11, metadata': [
    {
      title: 'an array',
      file: withMetadata('[]'),
      twin: withMetadata('{}'),
      code: 'safetensors-metadata',
      where: '__metadata__',
      found: '[]',
    },
    {
      title: 'a number',
      file: withMetadata('{"n":1}'),
      twin: withMetadata('{"n":"1"}'),
      code: 'safetensors-metadata',
      where: '__metadata__ "n"',
      found: '1',
    },
    {
      title: 'an object',
      file: withMetadata('{"n":{}}'),
      twin: withMetadata('{"n":"{}"}'),
      code: 'safetensors-metadata',
      where: '__metadata__ "n"',
      found: 'an object',
    },
    {
      title: 'nested 100,000 deep',
      file: withMetadata(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
      twin: withMetadata('{"a":"1"}'),
      code: 'json-depth',
      where: 'nesting',
      found: 100_001,
    },
  ],
  'item 12, not weights': [
    {
      title: 'a Git LFS pointer',
      file: Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'),
      twin: good,
      code: 'not-weights',
      where: 'byte 0',
      found: 'a Git LFS pointer',
    },
    {
      title: 'an HTML page',
      file: Buffer.from('<!DOCTYPE html><html><body>404</body></html>'),
      twin: good,
      code: 'not-weights',
      where: 'byte 0',
      found: 'an HTML page',
    },
    {
      title: 'a ZIP',
      file: Buffer.from('PK\x03\x04 and more of an archive'),
      twin: good,
      code: 'not-weights',
      where: 'byte 0',
      found: 'a ZIP archive or a PyTorch checkpoint',
    },
    {
      title: 'a pickle',
      file: Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]),
      twin: good,
      code: 'not-weights',
      where: 'byte 0',
      found: 'a Python pickle',
    },
    {
      title: 'a file cut at half',
      file: good.subarray(0, good.length - 4),
      twin: good,
      code: 'safetensors-past-end',
      where: 'a.data_offsets',
      found: 8,
    },
    {
      title: 'a header cut at half',
      file: good.subarray(0, 30),
      twin: good,
      code: 'safetensors-header-length',
      where: L,
    },
  ],
}

describe.each(Object.entries(cases))('%s', (_, list) => {
  test.each(list)('$title', async ({ title: _title, file, twin, code, ...facts }) => {
    using scratch = new Scratch()
    const path = scratch.write('model.safetensors', file)
    const fault = await faultOf(() => readSafetensors(path))
    expect(fault).toMatchObject({ code, file: path, fault: 'data', ...facts })
    expect(fault.message).toContain('model.safetensors: ')
    if (twin) expect(await readSafetensors(scratch.write('twin.safetensors', twin))).toHaveProperty('tensors')
  })
})

describe('item 3, a header as long as it says', () => {
  const sized = (scratch: Scratch, length: number) => {
    const path = scratch.write('m.safetensors', safetensors('{}', 0, BigInt(length)))
    truncateSync(path, length + 8)
    return path
  }
  test('over the cap of the format', async () => {
    using scratch = new Scratch()
    const fault = await faultOf(() => readSafetensors(sized(scratch, 100_000_001)))
    expect(fault).toMatchObject({ code: 'safetensors-header-cap', where: L, found: 100_000_001n, allowed: 100_000_000 })
  })
  test('over our limit, but not at it', async () => {
    using scratch = new Scratch()
    const fault = await faultOf(() => readSafetensors(sized(scratch, HEADER_LIMIT + 1)))
    expect(fault).toMatchObject({
      code: 'safetensors-header-cap',
      found: BigInt(HEADER_LIMIT + 1),
      allowed: HEADER_LIMIT,
    })
    const twin = scratch.write('twin.safetensors', safetensors('{}'.padEnd(HEADER_LIMIT)))
    expect((await readSafetensors(twin)).tensors.size).toBe(0)
  })
})

test('a healthy file reads back: places, types, shapes, metadata', async () => {
  using scratch = new Scratch()
  const header = {
    __metadata__: { format: 'pt' },
    b: { dtype: 'F16', shape: [2, 3], data_offsets: [8, 20] },
    a: { dtype: 'I64', shape: [], data_offsets: [0, 8] },
    none: { dtype: 'BF16', shape: [0, 7], data_offsets: [8, 8] },
  }
  const path = scratch.write('m.safetensors', safetensors(header, 20))
  const { tensors, metadata, bytes: size } = await readSafetensors(path)
  const base = size - 20
  expect([...metadata]).toEqual([['format', 'pt']])
  expect(tensors.get('b')).toEqual({ name: 'b', dtype: 'F16', shape: [2, 3], file: path, offset: base + 8, bytes: 12 })
  expect(tensors.get('a')).toMatchObject({ shape: [], offset: base, bytes: 8 })
  expect(tensors.get('none')).toMatchObject({ shape: [0, 7], bytes: 0 })
})

test('items 15 and 58: folders and pipes are not opened, a hard link is a file like any other', async () => {
  using scratch = new Scratch()
  mkdirSync(scratch.path('folder.safetensors'))
  execFileSync('mkfifo', [scratch.path('pipe.safetensors')])
  const found = async (name: string) => (await faultOf(() => readSafetensors(scratch.path(name)))).found
  expect(await found('folder.safetensors')).toBe('a folder')
  expect(await found('pipe.safetensors')).toBe('a named pipe')
  expect(await faultOf(() => readSafetensors(scratch.path('none.safetensors')))).toMatchObject({ code: 'file-missing' })
  linkSync(scratch.write('model.safetensors', good), scratch.path('hard.safetensors'))
  expect((await readSafetensors(scratch.path('hard.safetensors'))).tensors.size).toBe(1)
})
