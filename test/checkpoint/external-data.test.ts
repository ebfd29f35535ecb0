import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { bytes, message, model, node, raw, type TensorParts, tensor, weight } from './make-onnx.ts'
import { check, judge } from './onnx-case.ts'
import { Scratch } from './scratch.ts'

const external = (changes: Readonly<Record<string, string>> = {}, parts: TensorParts = {}): Buffer =>
  weight({ external: Object.entries({ location: 'w.bin', offset: '0', length: '16', ...changes }), ...parts })

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
