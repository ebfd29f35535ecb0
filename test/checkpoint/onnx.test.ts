import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { faultOf } from './fault.ts'
import { bytes, message, model, node, number, raw, type TensorParts, tag, tensor, varint, weight } from './make-onnx.ts'
import { Scratch } from './scratch.ts'

interface Case {
  readonly name: string
  /** Equal but for the fault: this one is accepted. */
  readonly healthy: Uint8Array
  readonly hostile: Uint8Array
  readonly code: string
  readonly where: string | RegExp
  readonly found?: unknown
}

/** Both twins with a file `w.bin` of 64 bytes beside them. */
async function judge(write: (scratch: Scratch) => unknown): Promise<Awaited<ReturnType<typeof faultOf>>> {
  using scratch = new Scratch()
  scratch.write('w.bin', raw(64))
  write(scratch)
  const fault = await faultOf(() => judgeOnnx(scratch.path('m.onnx')))
  expect(fault).toMatchObject({ fault: 'data', file: expect.stringContaining(scratch.folder) })
  return fault
}
const check = ({ name, healthy, hostile, code, where, found }: Case): void =>
  test(name, async () => {
    using scratch = new Scratch()
    scratch.write('w.bin', raw(64))
    expect(() => judgeOnnx(scratch.write('m.onnx', healthy))).not.toThrow()
    const fault = await judge(s => s.write('m.onnx', hostile))
    expect(fault.code).toBe(code)
    expect(fault.where).toMatch(where)
    if (found !== undefined) expect(fault.found).toEqual(found)
  })

const external = (changes: Readonly<Record<string, string>> = {}, parts: TensorParts = {}): Buffer =>
  weight({ external: Object.entries({ location: 'w.bin', offset: '0', length: '16', ...changes }), ...parts })

test('what a healthy model holds, in its graph, in nodes and in the file beside it', () => {
  using scratch = new Scratch()
  scratch.write('deep/w.bin', raw(64))
  const inside = message(6, bytes(5, tensor({ name: '__proto__', raw: raw(16) })))
  const outside = (name: string, more: readonly (readonly [string, string])[]) =>
    bytes(5, tensor({ name, external: [['location', 'deep/w.bin'], ...more] }))
  const sparse = message(15, bytes(1, tensor({ name: 's', raw: raw(16) })), bytes(2, tensor({ type: 7, raw: raw(32) })))
  const path = scratch.write(
    'm.onnx',
    model(
      bytes(5, tensor({ name: '__proto__', dims: [2, 2], raw: raw(16) })),
      bytes(5, tensor({ name: 'empty', dims: [0, 2 ** 40] })),
      outside('constructor', [
        ['offset', '48'],
        ['length', '16'],
        ['checksum', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
      ]),
      outside('whole', []),
      node(bytes(5, tensor({ name: '', raw: raw(16) }))),
      node(inside),
      sparse,
    ),
  )
  expect(judgeOnnx(path)).toEqual({
    initializers: 6,
    external: [
      { name: 'constructor', location: 'deep/w.bin', offset: 48, length: 16 },
      { name: 'whole', location: 'deep/w.bin', offset: 0, length: 16 },
    ],
  })
})

describe('every way to hold values is measured by the shape', () => {
  const packed = (field: number, length: number) => ({ more: [bytes(field, raw(length))] })
  const ways: [string, TensorParts, TensorParts][] = [
    ['float_data', packed(4, 16), packed(4, 12)],
    ['float_data one by one', { dims: [1], more: [tag(4, 5), raw(4)] }, { dims: [2], more: [tag(4, 5), raw(4)] }],
    ['a float_data that ends within a number', packed(4, 16), packed(4, 15)],
    ['int32_data', { type: 6, ...packed(5, 4) }, { type: 6, ...packed(5, 5) }],
    ['int32_data of 4-bit elements', { type: 22, ...packed(5, 2) }, { type: 22, ...packed(5, 4) }],
    [
      'int64_data one by one',
      { type: 7, dims: [], more: [number(7, -1)] },
      { type: 7, dims: [2], more: [number(7, 1)] },
    ],
    ['double_data', { type: 11, ...packed(10, 32) }, { type: 11, ...packed(10, 31) }],
    ['complex float_data', { type: 14, ...packed(4, 32) }, { type: 14, ...packed(4, 16) }],
    ['uint64_data', { type: 12, ...packed(11, 4) }, { type: 12, ...packed(11, 3) }],
    ['string_data', { type: 8, dims: [1], more: [bytes(6, 'a')] }, { type: 8, dims: [2], more: [bytes(6, 'a')] }],
    ['raw 4-bit elements', { type: 21, dims: [3], raw: raw(2) }, { type: 21, dims: [3], raw: raw(3) }],
    ['raw_data shorter than the dims', { raw: raw(16) }, { raw: raw(15) }],
    ['raw_data of a scalar', { dims: [], raw: raw(4) }, { dims: [], raw: raw(0) }],
    [
      'packed dims',
      { dims: [], raw: raw(8), more: [bytes(1, varint(2))] },
      { dims: [2], raw: raw(8), more: [number(1, 2)] },
    ],
    ['no content at all', { dims: [0] }, { dims: [1] }],
  ]
  for (const [name, healthy, hostile] of ways)
    check({
      name,
      healthy: weight(healthy),
      hostile: weight(hostile),
      code: 'onnx-content',
      where: /^initializer "w", \w+_data$/,
    })
  check({
    name: 'values of another type',
    healthy: weight({ type: 6, ...packed(5, 4) }),
    hostile: weight({ type: 6, ...packed(7, 4) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'int64_data',
  })
  check({
    name: 'strings that are raw',
    healthy: weight({ type: 2, raw: raw(4) }),
    hostile: weight({ type: 8, raw: raw(4) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'raw_data',
  })
  check({
    name: 'two kinds of content',
    healthy: weight(packed(4, 16)),
    hostile: weight({ raw: raw(16), ...packed(4, 16) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'raw_data and float_data',
  })
})

describe('what a tensor says of itself', () => {
  const good = weight({ raw: raw(16) })
  const dims = (list: readonly (bigint | number)[]): Pick<Case, 'healthy' | 'hostile' | 'code'> => ({
    healthy: good,
    hostile: weight({ dims: list, raw: raw(16) }),
    code: 'onnx-dims',
  })
  check({ name: 'a dim of -1', ...dims([-1]), where: 'initializer "w", dims', found: [-1n] })
  check({ name: '-1 times -4', ...dims([-1, -4]), where: 'initializer "w", dims' })
  check({ name: 'a product of 2^66', ...dims([2n ** 33n, 2n ** 33n]), where: 'initializer "w", dims' })
  check({ name: '65 dimensions', ...dims(Array.from({ length: 65 }, () => 1)), where: /^byte \d+$/, found: 65 })
  for (const type of [0, 27, 99, -1])
    check({
      name: `element type ${type}`,
      healthy: good,
      hostile: weight({ type, raw: raw(16) }),
      code: 'onnx-type',
      where: 'initializer "w", data_type',
      found: BigInt(type),
    })
  const named = (...names: readonly string[]): Buffer =>
    model(...names.map(name => bytes(5, tensor({ name, raw: raw(16) }))))
  const twins = { healthy: named('a', 'b'), code: 'onnx-name' }
  check({ name: 'a name twice', ...twins, hostile: named('a', 'a'), where: 'initializer "a"', found: 'a' })
  check({
    name: '__proto__ twice',
    ...twins,
    hostile: named('__proto__', '__proto__'),
    where: 'initializer "__proto__"',
  })
  check({ name: 'no name', ...twins, hostile: named('a', ''), where: /^initializer at byte \d+$/, found: '' })
  check({
    name: 'a name that is not UTF-8',
    healthy: good,
    hostile: model(message(5, number(1, 0), number(2, 1), bytes(8, Uint8Array.of(0xff)))),
    code: 'protobuf-text',
    where: /^byte \d+$/,
  })
  check({
    name: 'a name of 1 MB',
    healthy: weight({ name: 'n'.repeat(1000), raw: raw(16) }),
    hostile: weight({ name: 'n'.repeat(1e6), raw: raw(16) }),
    code: 'protobuf-text',
    where: /^byte \d+$/,
    found: 1e6,
  })
  const extra = (more: Buffer) => weight({ raw: raw(16), more: [more] })
  for (const [name, hostile] of [
    ['a second name', extra(bytes(8, 'v'))],
    ['a second element type', extra(number(2, 1))],
    ['a second raw_data', extra(bytes(9, raw(16)))],
    ['a name that is a number', extra(number(8, 1))],
    ['segments', extra(message(3, number(1, 0), number(2, 4)))],
    ['a second graph', Buffer.concat([good, message(7)])],
    ['a graph that is a number', number(7, 1)],
  ] as const)
    check({ name, healthy: extra(bytes(12, 'doc')), hostile, code: 'onnx-field', where: /^byte \d+$/ })
  const sparse = (...parts: readonly Buffer[]) =>
    model(
      message(
        15,
        bytes(1, tensor({ dims: [1], raw: raw(4) })),
        bytes(2, tensor({ dims: [1], type: 7, raw: raw(8) })),
        ...parts,
      ),
    )
  check({
    name: 'a sparse tensor of 2^66 elements',
    healthy: sparse(number(3, 4)),
    hostile: sparse(number(3, 2n ** 33n), number(3, 2n ** 33n)),
    code: 'onnx-dims',
    where: /^sparse tensor at byte \d+, dims$/,
    found: [2n ** 33n, 2n ** 33n],
  })
  check({
    name: 'a tensor in an attribute of a node in a graph in an attribute',
    healthy: model(node(message(6, node(bytes(5, tensor({ raw: raw(16) })))))),
    hostile: model(node(message(6, node(bytes(5, tensor({ raw: raw(17) })))))),
    code: 'onnx-content',
    where: 'tensor "w", raw_data',
    found: 17,
  })
  check({ name: 'a file of 0 bytes', healthy: good, hostile: raw(0), code: 'onnx-graph', where: 'graph' })
})

describe('wire format', () => {
  const good = weight({ raw: raw(16) })
  const followed = (...parts: readonly Uint8Array[]) => Buffer.concat([good, ...parts])
  const cases: [string, Uint8Array, string, unknown][] = [
    ['a varint without end', followed(tag(50, 0), Buffer.alloc(64, 0xff)), 'protobuf-varint', 10],
    ['a varint that the file cuts', followed(tag(50, 0), Buffer.alloc(3, 0xff)), 'protobuf-varint', 3],
    ['a varint of 70 bits', followed(tag(50, 0), Buffer.alloc(9, 0xff), Buffer.of(2)), 'protobuf-varint', 10],
    ['a length beyond the file', followed(tag(50, 2), varint(5), raw(4)), 'protobuf-length', 5n],
    ['a length of 2^64 - 1', followed(tag(50, 2), varint(-1)), 'protobuf-length', 2n ** 64n - 1n],
    ['a length beyond its message', message(7, tag(5, 2), varint(9), tensor({})), 'protobuf-length', 9n],
    ['a fixed number that the file cuts', followed(tag(50, 1), raw(7)), 'protobuf-length', 8n],
    ['wire type 3', followed(tag(50, 3)), 'protobuf-wire-type', 3],
    ['wire type 4', followed(tag(50, 4)), 'protobuf-wire-type', 4],
    ['wire type 6', followed(tag(50, 6)), 'protobuf-wire-type', 6],
    ['wire type 7', followed(tag(50, 7)), 'protobuf-wire-type', 7],
    ['wire type 6 inside a type', model(message(11, message(2, message(1, tag(1, 6))))), 'protobuf-wire-type', 6],
    ['field number 0', followed(tag(0, 0), raw(1)), 'protobuf-field', 0],
    ['field number 2^29', followed(tag(2 ** 29, 0), raw(1)), 'protobuf-field', 2 ** 29],
  ]
  const known = followed(
    tag(50, 0),
    Buffer.alloc(9, 0xff),
    Buffer.of(1),
    tag(2 ** 29 - 1, 1),
    raw(8),
    tag(51, 5),
    raw(4),
  )
  for (const [name, hostile, code, found] of cases)
    check({ name, healthy: known, hostile, code, where: /^byte \d+$/, found })

  const nested = (levels: number): Buffer => {
    let graph: Buffer = Buffer.alloc(0)
    for (let i = 0; i < levels; i++) graph = node(message(6, graph))
    return model(graph)
  }
  check({
    name: '400 nested bodies',
    healthy: nested(30),
    hostile: nested(400),
    code: 'protobuf-depth',
    where: /^byte \d+$/,
    found: 101,
  })

  test('a file of 2^31 bytes, and one of a byte less whose weights are passed over', async () => {
    const fault = await judge(s => {
      truncateSync(s.write('m.onnx', weight({ raw: raw(16) })), 2 ** 31)
    })
    expect(fault).toMatchObject({ code: 'protobuf-size', where: 'size', found: 2 ** 31, allowed: 2 ** 31 - 1 })
    using scratch = new Scratch()
    const start = (length: number): Buffer => {
      const head = Buffer.concat([number(1, length), number(2, 2), bytes(8, 'w'), tag(9, 2), varint(length)])
      const whole = length + head.length
      return Buffer.concat([tag(7, 2), varint(whole + 6), tag(5, 2), varint(whole), head])
    }
    const largest = 2 ** 31 - 1
    const path = scratch.write('m.onnx', start(largest - start(largest).length))
    truncateSync(path, largest)
    expect(judgeOnnx(path)).toEqual({ initializers: 1, external: [] })
  })

  test('more fields than are looked at', async () => {
    const fields = (n: number) => Buffer.concat([weight({ raw: raw(16) }), Buffer.alloc(3 * n, number(50, 1))])
    using scratch = new Scratch()
    expect(() => judgeOnnx(scratch.write('m.onnx', fields(100_000)))).not.toThrow()
    const started = performance.now()
    const fault = await judge(s => s.write('m.onnx', fields(5_000_000)))
    expect(fault).toMatchObject({ code: 'protobuf-limit', found: 4_000_001, allowed: 4_000_000 })
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('where external data may lie', () => {
  const locations: [string, string][] = [
    ['../x', 'external-location'],
    ['a/../../x', 'external-location'],
    ['a/../w.bin', 'external-location'],
    ['./w.bin', 'external-location'],
    ['/etc/hostname', 'external-location'],
    ['C:\\x', 'external-location'],
    ['C:x', 'external-location'],
    ['\\\\host\\x', 'external-location'],
    ['a\\w.bin', 'external-location'],
    ['', 'external-location'],
    ['w.bin/', 'external-location'],
    ['https://example.org/w.bin', 'external-location'],
    ['file:///etc/hostname', 'external-location'],
    ['w.bin\0', 'external-location'],
    ['con', 'external-location'],
    ['w.bin.', 'external-location'],
    ['*/_ORT_MEM_ADDR_/*', 'external-memory'],
    ['*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*', 'external-memory'],
    ['missing.bin', 'external-missing'],
    ['__proto__', 'external-missing'],
    ['w.bin/w.bin', 'external-missing'],
  ]
  for (const [location, code] of locations)
    check({
      name: JSON.stringify(location),
      healthy: external(),
      hostile: external({ location }),
      code,
      where: 'initializer "w", location',
      found: code === 'external-missing' ? 'nothing' : location,
    })
  check({
    name: 'no location',
    healthy: weight({ external: [['location', 'w.bin']] }),
    hostile: weight({ external: [['length', '16']] }),
    code: 'external-location',
    where: 'initializer "w", location',
    found: 'nothing',
  })

  const places: [name: string, code: string, location: string, make: (s: Scratch, outside: Scratch) => void][] = [
    [
      'a link out of the folder',
      'external-link',
      'x.bin',
      (s, o) => symlinkSync(o.write('x.bin', raw(64)), s.path('x.bin')),
    ],
    ['a link to a file beside it', 'external-link', 'x.bin', s => symlinkSync('w.bin', s.path('x.bin'))],
    ['a link to nothing', 'external-link', 'x.bin', s => symlinkSync('nothing', s.path('x.bin'))],
    [
      'a linked parent that leaves the folder',
      'external-link',
      'a/x.bin',
      (s, o) => {
        o.write('x.bin', raw(64))
        symlinkSync(o.folder, s.path('a'))
      },
    ],
    [
      'a linked parent above a real one',
      'external-link',
      'a/b/x.bin',
      (s, o) => {
        o.write('b/x.bin', raw(64))
        symlinkSync(o.folder, s.path('a'))
      },
    ],
    ['a hard link', 'external-hard-link', 'x.bin', (s, o) => linkSync(o.write('x.bin', raw(64)), s.path('x.bin'))],
    ['a folder', 'not-a-regular-file', 'x.bin', s => mkdirSync(s.path('x.bin'))],
    ['a pipe', 'not-a-regular-file', 'x.bin', s => execFileSync('mkfifo', [s.path('x.bin')])],
  ]
  test.each(places)('%s', async (_, code, location, make) => {
    using outside = new Scratch()
    const fault = await judge(s => {
      s.write('m.onnx', external({ location }))
      make(s, outside)
    })
    expect(fault.code).toBe(code)
    if (code.startsWith('external')) expect(fault.where).toBe('initializer "w", location')
    using healthy = new Scratch()
    healthy.write(location, raw(64))
    expect(() => judgeOnnx(healthy.write('m.onnx', external({ location })))).not.toThrow()
  })

  test('a parent folder that is linked within the folder, and a model in a linked folder', () => {
    using scratch = new Scratch()
    scratch.write('real/b/x.bin', raw(64))
    symlinkSync('b', join(scratch.folder, 'real/a'))
    symlinkSync('real', scratch.path('linked'))
    writeFileSync(scratch.path('real/m.onnx'), external({ location: 'a/x.bin' }))
    expect(judgeOnnx(scratch.path('linked/m.onnx')).external).toHaveLength(1)
  })
})

describe('which bytes external data may be', () => {
  const spans: [Record<string, string>, string, string, unknown][] = [
    [{ offset: '-4' }, 'external-offset', 'offset', '-4'],
    [{ offset: '60' }, 'external-offset', 'offset', 60n],
    [{ offset: '49' }, 'external-offset', 'offset', 49n],
    [{ offset: '9223372036854775807' }, 'external-offset', 'offset', 2n ** 63n - 1n],
    [{ offset: '18446744073709551600' }, 'external-offset', 'offset', '18446744073709551600'],
    [{ offset: 'x' }, 'external-offset', 'offset', 'x'],
    [{ offset: '' }, 'external-offset', 'offset', ''],
    [{ offset: '0x10' }, 'external-offset', 'offset', '0x10'],
    [{ offset: '1e1' }, 'external-offset', 'offset', '1e1'],
    [{ offset: ' 0' }, 'external-offset', 'offset', ' 0'],
    [{ offset: '1.0' }, 'external-offset', 'offset', '1.0'],
    [{ length: '0' }, 'external-length', 'length', 0n],
    [{ length: '15' }, 'external-length', 'length', 15n],
    [{ length: '17' }, 'external-length', 'length', 17n],
    [{ length: '-16' }, 'external-length', 'length', '-16'],
    [{ basepath: '/etc' }, 'external-key', 'external_data', 'basepath'],
    [{ ['__proto__']: 'x' }, 'external-key', 'external_data', '__proto__'],
    [{ Offset: '0' }, 'external-key', 'external_data', 'Offset'],
  ]
  for (const [changes, code, field, found] of spans)
    check({
      name: JSON.stringify(changes),
      healthy: external({ offset: '48' }),
      hostile: external(changes),
      code,
      where: `initializer "w", ${field}`,
      found,
    })
  const twice = (key: string): Buffer =>
    weight({
      external: [
        ['location', 'w.bin'],
        ['offset', '0'],
        [key, '16'],
      ],
    })
  check({
    name: 'a key twice',
    healthy: twice('length'),
    hostile: twice('offset'),
    code: 'external-key',
    where: 'initializer "w", external_data',
    found: 'offset',
  })
  check({
    name: 'a shape of more bytes than the file has, and no length',
    healthy: weight({ external: [['location', 'w.bin']] }),
    hostile: weight({ dims: [2n ** 50n], external: [['location', 'w.bin']] }),
    code: 'external-offset',
    where: 'initializer "w", offset',
    found: 0n,
  })
  check({
    name: 'raw_data as well',
    healthy: external(),
    hostile: external({}, { raw: raw(16) }),
    code: 'onnx-content',
    where: 'initializer "w", content',
    found: 'raw_data and external_data',
  })
  for (const location of [0, 2])
    check({
      name: `a data_location of ${location}`,
      healthy: external(),
      hostile: external({}, { location }),
      code: 'onnx-location',
      where: 'initializer "w", data_location',
      found: BigInt(location),
    })
  check({
    name: 'external without entries',
    healthy: weight({ raw: raw(16), location: 0 }),
    hostile: weight({ raw: raw(16), location: 1 }),
    code: 'onnx-location',
    where: 'initializer "w", data_location',
    found: 1n,
  })

  const outside = tensor({ dims: [1], type: 7, external: [['location', 'w.bin']] })
  const inside = tensor({ dims: [1], type: 7, raw: raw(8) })
  const sparses: [string, (t: Buffer) => Buffer][] = [
    ['values of a sparse initializer', t => model(message(15, bytes(1, t), bytes(2, inside)))],
    ['indices of a sparse initializer', t => model(message(15, bytes(1, inside), bytes(2, t)))],
    ["a Constant's sparse_value", t => model(node(message(22, bytes(1, t), bytes(2, inside))))],
    ['one of several sparse tensors of a node', t => model(node(message(23, bytes(1, t), bytes(2, inside))))],
  ]
  for (const [name, of] of sparses)
    check({
      name: `not for ${name}`,
      healthy: of(inside),
      hostile: of(outside),
      code: 'external-sparse',
      where: /^(initializer|tensor) "w"$/,
      found: 'external_data',
    })
  check({
    name: "the same rules hold for a Constant's value",
    healthy: model(node(bytes(5, outside))),
    hostile: model(node(bytes(5, tensor({ external: [['location', '../w.bin']] })))),
    code: 'external-location',
    where: 'tensor "w", location',
    found: '../w.bin',
  })
})

test('a model that is a folder, a pipe, or not there is never opened to find out', async () => {
  using scratch = new Scratch()
  execFileSync('mkfifo', [scratch.path('pipe.onnx')])
  expect(await faultOf(() => judgeOnnx(scratch.folder))).toMatchObject({ code: 'not-a-regular-file' })
  expect(await faultOf(() => judgeOnnx(scratch.path('pipe.onnx')))).toMatchObject({ code: 'not-a-regular-file' })
  expect(await faultOf(() => judgeOnnx(scratch.path('no.onnx')))).toMatchObject({ code: 'file-missing' })
})
