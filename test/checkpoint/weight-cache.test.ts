import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { listCache } from '../../src/checkpoint/cache-folder.ts'
import { identityOf, remember } from '../../src/checkpoint/known.ts'
import type { Layout } from '../../src/checkpoint/layout.ts'
import { openModel } from '../../src/checkpoint/reference.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { type PrepareOptions, prepareWeights } from '../../src/checkpoint/weight-cache.ts'
import type { Weights } from '../../src/runtime/weights.ts'
import { faultOf } from './fault.ts'
import { llamaGguf, names, weights, writeFolder } from './make-llama.ts'
import { safetensors, type Weight } from './make-safetensors.ts'
import { Scratch, ScratchCache } from './scratch.ts'

const plain: Layout = names.map(([name, , shape]) => ({ name, from: name, shape }))
const interleaved: Layout = names.map(([name, from, shape]) => ({
  name,
  from,
  shape,
  ...(from.includes('attn_q') ? { interleavedHeads: 4 } : from.includes('attn_k') ? { interleavedHeads: 2 } : {}),
}))
const all = weights()
const KEY = 'model.layers.1.self_attn.k_proj.weight'

/** The weights with one element replaced. */
function spoiled(value: number): Record<string, Weight> {
  const changed = weights()
  changed[KEY]!.data[100] = value
  changed['lm_head.weight']!.data[0] = Number.NaN
  return changed
}

/** A folder whose weights are float64, which is exact for float32 values but must be converted. */
function writeDoubles(scratch: Scratch, tensors = all): string {
  let at = 0
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      at += 8 * data.length
      return [name, { dtype: 'F64', shape, data_offsets: [at - 8 * data.length, at] }]
    }),
  )
  const bytes = Object.values(tensors).map(({ data }) => new Uint8Array(Float64Array.from(data).buffer))
  writeFolder(scratch)
  scratch.write('model.safetensors', safetensors(header, Buffer.concat(bytes)))
  return scratch.folder
}

const prepare = async (reference: string, layout = plain, options: PrepareOptions = {}): Promise<Weights> =>
  prepareWeights(await openModel(reference), layout, options)
/** Options that tell whether weights were read and what was said. */
const watched = () => ({ onProgress: vi.fn(), note: vi.fn() })
const expectAll = (found: Weights, expected = all) => {
  expect(found.names).toEqual(names.map(([name]) => name))
  for (const name of found.names) expect(found.read(name), name).toEqual(expected[name]!.data)
}
const leftovers = (cache: Scratch) =>
  existsSync(cache.path('weights')) ? readdirSync(cache.path('weights')).filter(n => n.startsWith('.')) : []

test('float32 safetensors are used in place and read through once', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const found = await prepare(writeFolder(scratch))
  expect(found.folder).toBe(scratch.folder)
  expect(found.entry(KEY)).toMatchObject({ shape: [12, 24], file: scratch.path('model.safetensors') })
  expect(found.entry('toString')).toBeUndefined()
  expectAll(found)
  expect(readdirSync(cache.folder)).toEqual(['known'])
  const again = watched()
  expect((await prepare(scratch.folder, plain, again)).hash).toBe(found.hash)
  expect(again.onProgress).not.toHaveBeenCalled()
  await prepare(scratch.folder, plain, { ...again, verify: true })
  expect(again.onProgress).toHaveBeenCalled()
})

test('GGUF is converted once: rows in half-split order, 64-byte borders, the size said before', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const path = scratch.write('m.gguf', llamaGguf())
  const first = watched()
  const found = await prepare(path, interleaved, first)
  expectAll(found)
  expect(first.note.mock.calls).toEqual([
    [`The weights are converted to float32 once: 1 MB in ${cache.path('weights')}.`],
  ])
  expect(first.onProgress.mock.lastCall?.[0]).toMatchObject({ what: 'bytes of weights read' })
  for (const name of found.names) expect(found.entry(name)!.offset % 64).toBe(0)
  expect(found.folder).toBe(cache.path(join('weights', found.hash)))
  expect((await readSafetensors(join(found.folder, 'model.safetensors'))).tensors.has(KEY)).toBe(true)
  const again = watched()
  expect((await prepare(path, interleaved, again)).hash).toBe(found.hash)
  expect(again.note).not.toHaveBeenCalled()
  expect(again.onProgress).not.toHaveBeenCalled()
})

test('equal weights have equal hashes whatever file holds them, others have others', async () => {
  using _cache = new ScratchCache()
  using a = new Scratch()
  using b = new Scratch()
  using c = new Scratch()
  const hash = (await prepare(writeFolder(a))).hash
  expect((await prepare(writeDoubles(b))).hash).toBe(hash)
  expect((await prepare(b.write('m.gguf', llamaGguf()), interleaved)).hash).toBe(hash)
  expect(listCache().map(entry => entry.hash)).toEqual([hash])
  const other = weights()
  other[KEY]!.data[5] = 0
  expect((await prepare(writeFolder(c, { tensors: other }))).hash).not.toBe(hash)
})

test('a file that changed is read again, though name and size stayed', async () => {
  using _cache = new ScratchCache()
  using scratch = new Scratch()
  const before = await prepare(writeDoubles(scratch))
  const other = weights()
  other[KEY]!.data[5] = 0
  expect((await prepare(writeDoubles(scratch, other))).hash).not.toBe(before.hash)
})

test('the cache may be deleted, cut or emptied at any time', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const folder = writeDoubles(scratch)
  const { hash } = await prepare(folder)
  const file = cache.path(`weights/${hash}/model.safetensors`)
  const damages = [
    () => rmSync(cache.path('weights'), { recursive: true }),
    () => rmSync(cache.path('known'), { recursive: true }),
    () => rmSync(file),
    () => truncateSync(file, 1000),
    () => truncateSync(file, 0),
    () => writeFileSync(file, safetensors({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, 1)),
  ]
  for (const damage of damages) {
    damage()
    expectAll(await prepare(folder))
  }
  for (const name of readdirSync(cache.path('known'))) writeFileSync(cache.path(`known/${name}`), '{"hash": 5}')
  expectAll(await prepare(folder))
})

test('bytes that changed in the cache are found and replaced: at once where the file tells, else under verify', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const folder = writeDoubles(scratch)
  const spoil = async () => {
    const found = await prepare(folder)
    const bytes = readFileSync(found.entry(KEY)!.file)
    bytes.writeFloatLE(9, found.entry(KEY)!.offset)
    writeFileSync(found.entry(KEY)!.file, bytes)
    return found
  }
  await spoil()
  expectAll(await prepare(folder))
  // A disk that forgets leaves the file's times as they were: here the damaged file is taken for the one that was sealed.
  const { hash } = await spoil()
  remember(identityOf([cache.path(`weights/${hash}/model.safetensors`)], hash), { hash })
  expect((await prepare(folder)).read(KEY)[0]).toBe(9)
  expectAll(await prepare(folder, plain, { verify: true }))
  expect(leftovers(cache)).toEqual([])
})

test('an entry that came from elsewhere is read once, then trusted', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const { hash } = await prepare(writeDoubles(scratch))
  const file = cache.path(`weights/${hash}/model.safetensors`)
  copyFileSync(file, `${file}.copy`)
  renameSync(`${file}.copy`, file)
  const [first, second] = [watched(), watched()]
  expectAll(await prepare(scratch.folder, plain, first))
  expectAll(await prepare(scratch.folder, plain, second))
  expect(first.onProgress).toHaveBeenCalled()
  expect(second.onProgress).not.toHaveBeenCalled()
  // Read, not converted again.
  expect(first.note).not.toHaveBeenCalled()
})

describe('item 13: what is not what the configuration implies', () => {
  test('a missing tensor, and one of another shape', async () => {
    using _cache = new ScratchCache()
    using scratch = new Scratch()
    const { [KEY]: key, ...fewer } = all
    const missing = await faultOf(() => prepare(writeFolder(scratch, { tensors: fewer })))
    expect(missing).toMatchObject({ code: 'weight-missing', where: KEY, found: 'nothing', allowed: '[12, 24]' })
    const turned = { ...all, [KEY]: { shape: [24, 12], data: key!.data } }
    const shape = await faultOf(() => prepare(writeFolder(scratch, { tensors: turned })))
    expect(shape).toMatchObject({ code: 'weight-shape', where: KEY, found: [24, 12], allowed: [12, 24] })
    expectAll(await prepare(writeFolder(scratch)))
  })

  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const ways = [
    ['in place', (s: Scratch, tensors: Record<string, Weight>) => writeFolder(s, { tensors })],
    ['converted', writeDoubles],
  ] as const
  test.each(values.flatMap(value => ways.map(([how, write]) => ({ value, how, write }))))(
    '$value, $how: the first is named, unless it is accepted',
    async ({ value, write }) => {
      using cache = new ScratchCache()
      using scratch = new Scratch()
      const folder = write(scratch, spoiled(value))
      const expected = { code: 'weight-non-finite', where: `${KEY}[100]`, found: String(value), fault: 'data' }
      expect(await faultOf(() => prepare(folder))).toMatchObject(expected)
      expect([listCache(), leftovers(cache)]).toEqual([[], []])
      expect((await prepare(folder, plain, { acceptNonFinite: true })).read(KEY)[100]).toBe(value)
      // Remembered now, and still refused to whoever does not accept it.
      expect(await faultOf(() => prepare(folder))).toMatchObject(expected)
      expectAll(await prepare(write(scratch, all)))
    },
  )

  test('rows that make no whole heads', async () => {
    using _cache = new ScratchCache()
    using scratch = new Scratch()
    const path = scratch.write('m.gguf', llamaGguf())
    const odd = interleaved.map(e => (e.name === KEY ? { ...e, interleavedHeads: 4 } : e))
    const fault = await faultOf(() => prepare(path, odd))
    expect(fault).toMatchObject({ code: 'weight-heads', where: 'blk.1.attn_k.weight', found: 12, allowed: 4 })
  })
})

test('an interrupted conversion leaves nothing', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const stop = new AbortController()
  const onProgress = ({ done }: { done: number }) => (done > 10_000 ? stop.abort() : undefined)
  const fault = await faultOf(() => prepare(writeDoubles(scratch), plain, { signal: stop.signal, onProgress }))
  expect(fault).toMatchObject({ code: 'interrupted', fault: 'interrupted' })
  expect([listCache(), leftovers(cache)]).toEqual([[], []])
  expectAll(await prepare(scratch.folder))
})

test('a process that ends at once, in the middle of a conversion, leaves nothing', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const others = process.listeners('exit')
  const stop = new AbortController()
  const seen: string[][] = []
  const onProgress = () => {
    if (stop.signal.aborted) return
    seen.push(leftovers(cache))
    // What the end of the process would call.
    for (const listener of process.listeners('exit')) if (!others.includes(listener)) listener.call(process, 130)
    seen.push(leftovers(cache))
    stop.abort()
  }
  await faultOf(() => prepare(writeDoubles(scratch), plain, { signal: stop.signal, onProgress }))
  expect(seen).toEqual([[expect.stringMatching(/^\.new-/)], []])
  expect(process.listeners('exit')).toEqual(others)
})

test('a cache that vanishes during a conversion is no missing file of the model', async () => {
  using cache = new ScratchCache()
  using scratch = new Scratch()
  const clear = () => rmSync(cache.path('weights'), { recursive: true, force: true })
  const fault = await faultOf(() => prepare(writeDoubles(scratch), plain, { onProgress: clear }))
  expect(fault).toMatchObject({ code: 'cache-write', fault: 'failed', file: cache.path('weights'), found: 'ENOENT' })
  expect(fault.message).toMatch(/could not be written to .*weights \(ENOENT\); set HEADWISE_CACHE/)
  expectAll(await prepare(scratch.folder))
})

test('two conversions of the same weights at once end with one entry', async () => {
  using cache = new ScratchCache()
  using a = new Scratch()
  using b = new Scratch()
  const found = await Promise.all([prepare(writeDoubles(a)), prepare(writeDoubles(b)), prepare(a.folder)])
  for (const each of found) expectAll(each)
  expect(listCache()).toHaveLength(1)
  expect(leftovers(cache)).toEqual([])
})

describe('the cache is bounded', () => {
  const limited = async <T>(limit: string, work: () => Promise<T>): Promise<T> => {
    vi.stubEnv('HEADWISE_CACHE_LIMIT', limit)
    try {
      return await work()
    } finally {
      vi.unstubAllEnvs()
    }
  }

  test('weights over the limit are refused before anything is written', async () => {
    using cache = new ScratchCache()
    using scratch = new Scratch()
    const note = vi.fn()
    const fault = await faultOf(() => limited('20K', () => prepare(writeDoubles(scratch), plain, { note })))
    expect(fault).toMatchObject({
      code: 'cache-limit',
      fault: 'failed',
      where: 'HEADWISE_CACHE_LIMIT',
      allowed: 20_480,
    })
    expect(note).not.toHaveBeenCalled()
    expect(existsSync(cache.path('weights'))).toBe(false)
  })

  test('what was used longest ago makes room', async () => {
    using _cache = new ScratchCache()
    using scratch = new Scratch()
    const hashes: string[] = []
    for (let i = 0; i < 3; i++) {
      const tensors = weights()
      tensors[KEY]!.data[0] = i
      const work = async () => (await prepare(writeDoubles(scratch, tensors))).hash
      hashes.push(await limited('100K', work))
      // The clock of a file system may be coarser than this test.
      for (const [age, entry] of listCache().entries()) utimesSync(entry.path, 0, Date.now() / 1000 - 10 * (age + 1))
      if (i === 1) utimesSync(listCache().find(e => e.hash === hashes[0])!.path, 0, Date.now() / 1000)
    }
    expect(new Set(listCache().map(e => e.hash))).toEqual(new Set([hashes[0], hashes[2]]))
  })

  test('what a dead process left goes after an hour, what is being written stays', async () => {
    using cache = new ScratchCache()
    using scratch = new Scratch()
    for (const name of ['.new-1-dead', '.new-2-alive']) {
      mkdirSync(cache.path(`weights/${name}`), { recursive: true })
      cache.write(`weights/${name}/.model`, 'x')
    }
    const old = Date.now() / 1000 - 4000
    for (const name of ['.new-1-dead/.model', '.new-1-dead', '.new-2-alive'])
      utimesSync(cache.path(`weights/${name}`), old, old)
    await prepare(writeDoubles(scratch))
    expect(leftovers(cache)).toEqual(['.new-2-alive'])
  })
})

test.runIf(existsSync('/proc/self'))(
  'a folder that no folder can be made in is refused, and not tried for ever',
  async () => {
    using scratch = new Scratch()
    vi.stubEnv('HEADWISE_CACHE', '/proc/headwise/cache')
    try {
      expectAll(await prepare(writeFolder(scratch)))
      const fault = await faultOf(() => prepare(writeDoubles(scratch)))
      expect(fault).toMatchObject({ code: 'cache-folder', fault: 'failed', found: 'ENOENT' })
    } finally {
      vi.unstubAllEnvs()
    }
  },
)

test('a cache folder that cannot be written: in place works with a note, a conversion says what to do', async () => {
  using scratch = new Scratch()
  vi.stubEnv('HEADWISE_CACHE', scratch.write('file', ''))
  try {
    const note = vi.fn()
    expectAll(await prepare(writeFolder(scratch), plain, { note }))
    expect(note.mock.calls[0]?.[0]).toMatch(/cache folder cannot be written/)
    const fault = await faultOf(() => prepare(writeDoubles(scratch)))
    expect(fault).toMatchObject({ code: 'cache-folder', fault: 'failed', found: 'ENOTDIR' })
  } finally {
    vi.unstubAllEnvs()
  }
})

test('the links of a hub cache resolve to the real folder that is mapped', async () => {
  using _cache = new ScratchCache()
  using scratch = new Scratch()
  writeFolder(scratch)
  const blobs = scratch.path('models--a--b/blobs')
  const snapshot = scratch.path('models--a--b/snapshots/0')
  for (const folder of [blobs, snapshot]) mkdirSync(folder, { recursive: true })
  copyFileSync(scratch.path('model.safetensors'), join(blobs, 'abc'))
  copyFileSync(scratch.path('config.json'), join(snapshot, 'config.json'))
  symlinkSync('../../blobs/abc', join(snapshot, 'model.safetensors'))
  const found = await prepare(snapshot)
  expect(found.folder).toBe(blobs)
  expect(found.entry(KEY)!.file).toBe(join(blobs, 'abc'))
  expectAll(found)
})
