import { existsSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { cacheLimit, cacheRoot, clearCache, listCache, makeRoom } from '../../src/checkpoint/cache-folder.ts'
import { faultOf } from './fault.ts'
import { ScratchCache } from './scratch.ts'

test('the cache folder is our own, else that of the desktop, else below the home folder', () => {
  expect(cacheRoot({ HEADWISE_CACHE: '/a/b', XDG_CACHE_HOME: '/x' })).toBe('/a/b')
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'headwise'))
  // The specification of XDG says that relative paths are to be ignored.
  expect(cacheRoot({ XDG_CACHE_HOME: 'x' })).toBe(join(homedir(), '.cache/headwise'))
  expect(cacheRoot({ HEADWISE_CACHE: '' })).toBe(join(homedir(), '.cache/headwise'))
})

test('the limit is 64 GiB, or what the environment says in bytes or with a unit', async () => {
  expect(cacheLimit({})).toBe(64 * 2 ** 30)
  const read = (text: string) => cacheLimit({ HEADWISE_CACHE_LIMIT: text })
  expect(['1000', '20K', '1.5 GiB', '2tb', '0'].map(read)).toEqual([1000, 20_480, 1.5 * 2 ** 30, 2 * 2 ** 40, 0])
  for (const found of ['-1', 'lots', '1e9', '5X'])
    expect(await faultOf(() => read(found))).toMatchObject({
      code: 'cache-limit',
      fault: 'usage',
      where: 'HEADWISE_CACHE_LIMIT',
      found,
    })
})

test('entries are listed by last use and cleared by hash or all together', () => {
  using cache = new ScratchCache()
  expect(listCache()).toEqual([])
  expect(clearCache()).toBe(0)
  const hashes = ['a', 'b', 'c'].map(c => c.repeat(64))
  for (const [i, hash] of hashes.entries()) {
    cache.write(`weights/${hash}/model.safetensors`, 'x'.repeat(10 + i))
    utimesSync(cache.path(`weights/${hash}`), 1000 + i, 1000 + i)
  }
  cache.write('weights/.new-1/x', '')
  cache.write('weights/other/model.safetensors', '')
  cache.write('known/1.json', '{}')
  expect(listCache().map(e => [e.hash, e.bytes, e.lastUsed.getTime()])).toEqual([
    [hashes[2], 12, 1_002_000],
    [hashes[1], 11, 1_001_000],
    [hashes[0], 10, 1_000_000],
  ])
  expect(clearCache([hashes[1]!, '../known'])).toBe(11)
  expect(listCache().map(e => e.hash)).toEqual([hashes[2], hashes[0]])
  expect(existsSync(cache.path('known/1.json'))).toBe(true)
  expect(clearCache()).toBe(22)
  for (const gone of ['weights/.new-1', `weights/${hashes[0]}`, 'known'])
    expect(existsSync(cache.path(gone))).toBe(false)
})

test('a disk with too little room is told with both numbers', async () => {
  using cache = new ScratchCache()
  vi.stubEnv('HEADWISE_CACHE_LIMIT', '9000000T')
  try {
    const fault = await faultOf(() => makeRoom(2 ** 60))
    expect(fault).toMatchObject({ code: 'disk-full', fault: 'failed', where: 'free space', allowed: 2 ** 60 })
    expect(fault.message).toMatch(
      new RegExp(`take ${2 ** 60} bytes, but ${cache.path('weights')} has only \\d+ free; set HEADWISE_CACHE`),
    )
    makeRoom(1)
  } finally {
    vi.unstubAllEnvs()
  }
})
