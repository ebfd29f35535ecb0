import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fileNameFault } from '../../src/checkpoint/folder-member.ts'
import { openModel } from '../../src/checkpoint/reference.ts'
import { faultOf } from './fault.ts'
import { config, json, names, weights, writeFolder } from './make-llama.ts'
import { weightsFile } from './make-safetensors.ts'
import { Scratch } from './scratch.ts'

const INDEX = 'model.safetensors.index.json'
const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
const all = weights()
const keys = Object.keys(all)
const total = Object.values(all).reduce((n, w) => n + w.data.byteLength, 0)
const shardOf = (i: number) => (i < 5 ? first : second)
const map = Object.fromEntries(keys.map((key, i) => [key, shardOf(i)]))
const pick = (shard: string) => Object.fromEntries(Object.entries(all).filter(([k]) => map[k] === shard))

/** The folder in two shards with an index. */
function writeShards(scratch: Scratch, index: object = { metadata: { total_size: total }, weight_map: map }): string {
  writeFolder(scratch)
  rmSync(scratch.path('model.safetensors'))
  for (const shard of [first, second]) scratch.write(shard, weightsFile(pick(shard)))
  scratch.write(INDEX, json(index))
  return scratch.folder
}
const withShard = (shard: unknown) => ({ weight_map: { ...map, [keys[0] as string]: shard } })

test('a folder opens: tensors, configuration, companions', async () => {
  using scratch = new Scratch()
  const source = await openModel(writeFolder(scratch))
  expect(source).toMatchObject({
    format: 'safetensors',
    file: scratch.folder,
    folder: scratch.folder,
    config,
    files: [scratch.path('model.safetensors')],
    companions: { tokenizerJson: scratch.path('tokenizer.json') },
    notes: [],
  })
  expect([...source.tensors.keys()]).toEqual(names.map(([hf]) => hf))
})

test('shards open as one, by folder and by index', async () => {
  using scratch = new Scratch()
  const folder = writeShards(scratch)
  for (const reference of [folder, scratch.path(INDEX)]) {
    const { tensors, files } = await openModel(reference)
    expect(new Set(tensors.keys())).toEqual(new Set(keys))
    expect(files).toEqual([first, second].map(shard => scratch.path(shard)))
  }
})

describe('item 14: shard names are plain file names by the rules of POSIX and Windows', () => {
  const bad = [
    '../x.safetensors',
    '/etc/hostname',
    'C:\\x',
    '\\\\host\\share\\x',
    'a/../../x',
    'x\u0000y',
    '',
    '..',
    'sub/x',
    'CON',
    'nul.safetensors',
    'x.',
    'x ',
    'x?',
    'x'.repeat(256),
  ]
  test.each([...bad, 7, null, {}])('%j', async shard => {
    using scratch = new Scratch()
    const folder = writeShards(scratch, withShard(shard))
    const fault = await faultOf(() => openModel(folder))
    expect(fault).toMatchObject({ code: 'index-shard-name', file: scratch.path(INDEX), where: `weight_map.${keys[0]}` })
    expect(fault.found).toEqual(shard)
  })
  test.each(['model.safetensors', 'model-00001-of-00002.safetensors', 'Modell größe.safetensors', 'con2', '.hidden'])(
    '%s is one',
    name => {
      expect(fileNameFault(name)).toBeUndefined()
    },
  )
})

describe('item 15: only regular files of the folder, or of a hub cache, are opened', () => {
  const cases: Record<string, (scratch: Scratch, path: string) => string> = {
    'a link out of the folder': (scratch, path) => {
      symlinkSync(scratch.write('../outside.safetensors', weightsFile(pick(second))), path)
      return 'link-leaves-folder'
    },
    'a link to nowhere': (_, path) => {
      symlinkSync('nowhere', path)
      return 'file-missing'
    },
    'a folder': (_, path) => {
      mkdirSync(path)
      return 'not-a-regular-file'
    },
    'a named pipe': (_, path) => {
      execFileSync('mkfifo', [path])
      return 'not-a-regular-file'
    },
    'a device': (_, path) => {
      symlinkSync('/dev/zero', path)
      return 'link-leaves-folder'
    },
  }
  test.each(Object.keys(cases))('%s', async title => {
    using outer = new Scratch()
    const scratch = Object.assign(Object.create(outer) as Scratch, { folder: outer.path('model') })
    const folder = writeShards(scratch)
    expect((await openModel(folder)).tensors.size).toBe(keys.length)
    rmSync(scratch.path(second))
    const code = cases[title]?.(scratch, scratch.path(second))
    const fault = await faultOf(() => openModel(folder))
    expect(fault).toMatchObject({ code, file: scratch.path(second) })
  })

  test('the links of a hub cache into its own blobs are followed, others of its are not', async () => {
    using outer = new Scratch()
    const snapshot = Object.assign(Object.create(outer) as Scratch, {
      folder: outer.path('models--a--b/snapshots/0123'),
    })
    const folder = writeShards(snapshot)
    mkdirSync(outer.path('models--a--b/blobs'))
    const move = (name: string, to: string) => {
      renameSync(snapshot.path(name), outer.path(to))
      symlinkSync(outer.path(to), snapshot.path(name))
    }
    move(first, 'models--a--b/blobs/aaaa')
    move('config.json', 'models--a--b/blobs/cccc')
    expect((await openModel(folder)).tensors.size).toBe(keys.length)
    move(second, 'models--a--b/elsewhere')
    expect(await faultOf(() => openModel(folder))).toMatchObject({
      code: 'link-leaves-folder',
      file: snapshot.path(second),
    })
  })

  test('item 58: a hard link is a file like any other', async () => {
    using scratch = new Scratch()
    const folder = writeShards(scratch)
    linkSync(scratch.path(second), scratch.path('other'))
    expect((await openModel(folder)).tensors.size).toBe(keys.length)
  })
})

describe('item 16: an index that does not fit its shards', () => {
  const [name] = keys as [string]
  const metadata = { total_size: total }
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`t${i}`, `s${i}.safetensors`]))
  const cases = [
    {
      title: 'a shard that is not there',
      index: withShard('gone.safetensors'),
      code: 'index-shard-missing',
      where: 'weight_map, gone.safetensors',
      found: 'nothing',
    },
    {
      title: 'a tensor that its shard does not hold',
      index: withShard(second),
      code: 'index-tensor-missing',
      where: `weight_map.${name}`,
      found: 'nothing',
    },
    {
      title: '100,000 shards',
      index: { metadata, weight_map: many },
      code: 'index-shards',
      where: 'weight_map',
      found: 100_000,
    },
    ...[-1, 1e30, total / 2, '5'].map(size => ({
      title: `total_size ${size}`,
      index: { metadata: { total_size: size }, weight_map: map },
      code: 'index-total-size',
      where: 'metadata.total_size',
      found: size,
    })),
    { title: 'no weight_map', index: { metadata }, code: 'index-weight-map', where: 'weight_map', found: 'nothing' },
  ]
  test.each(cases)('$title', async ({ index, code, where, found }) => {
    using scratch = new Scratch()
    const folder = writeShards(scratch, index)
    expect(await faultOf(() => openModel(folder))).toMatchObject({ code, file: scratch.path(INDEX), where, found })
    scratch.write(INDEX, json({ metadata, weight_map: map }))
    expect((await openModel(folder)).tensors.size).toBe(keys.length)
  })
})

describe('item 17: config.json', () => {
  const good = json(config)
  const cases: { title: string; text: string | Uint8Array; code: string; found?: unknown; where?: string }[] = [
    { title: 'empty', text: '', code: 'json-empty', found: 0 },
    { title: '[]', text: '[]', code: 'json-not-object', found: 'an array' },
    { title: 'cut', text: good.slice(0, -1), code: 'json-syntax', where: `character ${good.length - 1}` },
    { title: 'UTF-16', text: Buffer.from(`\ufeff${good}`, 'utf16le'), code: 'json-encoding' },
    { title: 'with comments', text: `{ // sizes\n${good.slice(1)}`, code: 'json-syntax', where: 'character 2' },
    { title: 'with NaN', text: `{"x": NaN,${good.slice(1)}`, code: 'json-syntax', where: 'character 6' },
    {
      title: 'a key twice',
      text: `{"num_attention_heads": 2,${good.slice(1)}`,
      code: 'json-duplicate-key',
      where: 'num_attention_heads',
    },
  ]
  test.each(cases)('$title', async ({ title: _title, text, ...facts }) => {
    using scratch = new Scratch()
    const folder = writeFolder(scratch)
    expect((await openModel(folder)).config).toEqual(config)
    scratch.write('config.json', text)
    expect(await faultOf(() => openModel(folder))).toMatchObject({ ...facts, file: scratch.path('config.json') })
  })
  test('200 MB', async () => {
    using scratch = new Scratch()
    const folder = writeFolder(scratch)
    truncateSync(scratch.path('config.json'), 200_000_000)
    expect(await faultOf(() => openModel(folder))).toMatchObject({
      code: 'file-size',
      found: 200_000_000,
      allowed: 4 * 2 ** 20,
    })
  })
})

describe('item 12: folders without safetensors', () => {
  const folderWith = (scratch: Scratch, name: string) => {
    writeFolder(scratch)
    rmSync(scratch.path('model.safetensors'))
    scratch.write(name, 'x')
    return scratch.folder
  }
  test.each([
    ['pytorch_model.bin', 'pickled-weights', 'never opened'],
    ['consolidated.00.pth', 'pickled-weights', 'never opened'],
    ['m.gguf', 'no-weights', 'm.gguf'],
    ['README.md', 'no-weights', 'neither'],
  ])('only %s', async (name, code, said) => {
    using scratch = new Scratch()
    const fault = await faultOf(() => openModel(folderWith(scratch, name)))
    expect(fault).toMatchObject({ code, file: scratch.folder })
    expect(fault.found).toContain(name)
    expect(fault.message).toContain(said)
  })
})

test('a safetensors file without config.json beside it names what is missing', async () => {
  using scratch = new Scratch()
  writeFolder(scratch)
  expect((await openModel(scratch.path('model.safetensors'))).config).toEqual(config)
  rmSync(scratch.path('config.json'))
  const fault = await faultOf(() => openModel(scratch.path('model.safetensors')))
  expect(fault).toMatchObject({ code: 'file-missing', where: 'config.json', fault: 'data' })
})

test('item 22: fields that name code are noted once and never followed', async () => {
  using scratch = new Scratch()
  const code = { auto_map: { AutoModel: 'evil--modeling.Evil' }, trust_remote_code: true, custom_pipelines: {} }
  const { notes } = await openModel(writeFolder(scratch, { config: { ...config, ...code } }))
  expect(notes).toHaveLength(1)
  expect(notes[0]).toMatch(/auto_map, trust_remote_code, custom_pipelines.*never/)
})
