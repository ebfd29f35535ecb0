import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bytes, type Entry, TYPE, text } from './make-gguf.ts'
import { json, writeFolder } from './make-llama.ts'
import { safetensors } from './make-safetensors.ts'
import { Scratch } from './scratch.ts'

// A header is judged within 2 s and 256 MiB over the idle process. Time is asserted at ten times that, for machines that
// do other things too. Memory is that of a process which does nothing else.
const SECONDS = 20
const MIB = 2 ** 20
const HEADER = 16 * MIB

const root = join(import.meta.dirname, '../..')
const built = new Scratch()
afterAll(() => built[Symbol.dispose]())
beforeAll(() => {
  const project = built.write(
    'tsconfig.json',
    json({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: {
        rootDir: join(root, 'src'),
        outDir: built.folder,
        declaration: false,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [],
      files: [join(root, 'src/checkpoint/reference.ts')],
    }),
  )
  built.write('package.json', '{"type":"module"}')
  built.write('judge.js', JUDGE)
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project])
})
/** Opens a model and prints what came of it, the seconds, and by how many bytes the peak of resident memory grew. */
const JUDGE = `
import { openModel } from './checkpoint/reference.js'
const idle = process.resourceUsage().maxRSS
const start = performance.now()
const code = await openModel(process.argv[2]).then(() => 'loaded', error => error.code ?? String(error))
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({ code, seconds, mebibytes: (process.resourceUsage().maxRSS - idle) / 1024 }))
`

const numbered = (count: number, unit: (i: number) => string): string => {
  const list: string[] = []
  for (let i = 0; i < count; i++) list.push(unit(i))
  return list.join()
}
/** Fills a header to its limit with a unit that repeats. */
const filled = (start: string, unit: string, end: string) =>
  start + unit.repeat(Math.floor((HEADER - start.length - end.length) / unit.length)) + end
const weights = (header: string) => (scratch: Scratch) => {
  writeFolder(scratch)
  return scratch.write('model.safetensors', safetensors(header))
}
const empty = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
/** The start of a GGUF file; one string buffer, so that writing it does not count as reading it. */
const gguf =
  (write: (to: Buffer) => number, keys: readonly Entry[], keyCount: number, tensors = 0) =>
  (scratch: Scratch) => {
    const head = new Bytes().raw('GGUF').u32(3).u64(tensors).u64(keyCount)
    for (const [key, value] of keys) value(head.text(key))
    const body = Buffer.alloc(64 * MIB)
    const size = write(body)
    return scratch.write('m.gguf', Buffer.concat([head.bytes(), body.subarray(0, size)]))
  }
/** Writes strings of 8 hexadecimal digits, each with its length before it and `after` behind it. */
const strings =
  (count: number, after = 0) =>
  (to: Buffer) => {
    for (let i = 0; i < count; i++) {
      to.writeUInt32LE(8, i * (16 + after))
      to.write(i.toString(16).padStart(8, '0'), i * (16 + after) + 8, 'latin1')
    }
    return count * (16 + after)
  }
const list = (count: number): Entry => ['a', to => to.u32(TYPE.ARRAY).u32(TYPE.STRING).u64(count)]

const cases: Record<string, { code: string; write: (scratch: Scratch) => string }> = {
  'a header of 100,000,001 bytes': {
    code: 'safetensors-header-cap',
    write: scratch => {
      const path = weights('{}')(scratch)
      scratch.write('model.safetensors', safetensors('{}', 0, 100_000_001n))
      truncateSync(path, 100_000_009)
      return path
    },
  },
  '200,000 tensors, which are not refused': {
    code: 'loaded',
    write: weights(`{${numbered(200_000, i => `"${i}":${empty}`)}}`),
  },
  '240,000 tensors': { code: 'json-nodes', write: weights(`{${numbered(240_000, i => `"${i}":${empty}`)}}`) },
  'a million keys': { code: 'safetensors-entry', write: weights(`{${numbered(1_000_000, i => `"${i}":0`)}}`) },
  'a million keys twice': {
    code: 'json-duplicate-key',
    write: weights(`{${numbered(1_000_000, i => `"${i % 999_999}":0`)}}`),
  },
  '5 million empty objects': { code: 'json-nodes', write: weights(filled('{"a":[', '{},', '{}]}')) },
  '8 million numbers': { code: 'json-nodes', write: weights(filled('{"a":[', '0,', '0]}')) },
  '16 million levels': { code: 'json-depth', write: weights(filled('{"a":', '[', '}')) },
  'a text of 16 MiB': { code: 'safetensors-entry', write: weights(filled('{"a":"', '\\u0041', '"}')) },
  'a fault behind 16 MiB': { code: 'json-syntax', write: weights(filled('{"a":[', '"0123456789abcdef",', 'x]}')) },
  'a config.json at its limit': {
    code: 'loaded',
    write: scratch => {
      const path = weights('{}')(scratch)
      scratch.write('config.json', `{"a":[${'[1],'.repeat(95_000)}[1]]}`)
      return path
    },
  },
  'an index of 400,000 tensors': {
    code: 'index-shard-missing',
    write: scratch => {
      writeFolder(scratch)
      return scratch.write(
        'm.safetensors.index.json',
        json({ weight_map: Object.fromEntries(Array.from({ length: 400_000 }, (_, i) => [`t${i}`, 's'])) }),
      )
    },
  },
  '2 million GGUF strings': { code: 'loaded', write: gguf(strings(2_000_000), [list(2_000_000)], 1) },
  '5 million GGUF strings': { code: 'gguf-limit', write: gguf(to => to.length, [list(5_000_000)], 1) },
  '65,000 GGUF keys': { code: 'loaded', write: gguf(strings(65_000, 5), [], 65_000) },
  '70,000 GGUF keys': { code: 'gguf-limit', write: gguf(strings(70_000, 5), [], 70_000) },
  '300,000 GGUF tensors': { code: 'gguf-limit', write: gguf(to => to.length, [text('a', '')], 1, 300_000) },
  'a GGUF header that does not end in 10 GB': {
    code: 'gguf-count',
    write: scratch => {
      const head = new Bytes()
        .raw('GGUF')
        .u32(3)
        .u64(0)
        .u64(1)
        .text('a')
        .u32(TYPE.ARRAY)
        .u32(TYPE.U8)
        .u64(9_000_000_000)
      const path = scratch.write('m.gguf', head.bytes())
      truncateSync(path, 10_000_000_000)
      return path
    },
  },
}

test.each(Object.entries(cases))('%s', (_, { code, write }) => {
  using scratch = new Scratch()
  const said = execFileSync(process.execPath, [built.path('judge.js'), write(scratch)], { encoding: 'utf8' })
  const outcome = JSON.parse(said) as { code: string; seconds: number; mebibytes: number }
  expect(outcome.code).toBe(code)
  expect(outcome.seconds).toBeLessThan(SECONDS)
  expect(outcome.mebibytes).toBeLessThan(256)
})
