import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { canonicalJson } from '../../src/results/json.ts'
import { RunFolder, type RunFolderOptions } from '../../src/results/run-folder.ts'
import { HeadwiseError } from '../../src/words/error.ts'
import { fakeRows, fakeSpec } from '../jobs/specs.ts'
import { refusal } from '../support/refusal.ts'

const root = mkdtempSync(join(tmpdir(), 'headwise-run-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const PARTS = 5
let count = 0
const fresh = (): string => join(root, String(count++))
const file = (folder: string, part: number): string => join(folder, `part-00000${part}.parquet`)

/** Opens the folder, computes what is missing, and closes it. */
async function finish(folder: string, o: RunFolderOptions = {}, only = PARTS): Promise<number[]> {
  using run = await RunFolder.open(folder, fakeSpec(), PARTS, o)
  const missing = run.missing()
  for (const part of missing.slice(0, only)) run.put(part, fakeRows(part))
  return missing
}

/** Every file of the folder, by name. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString('hex')]))

const unbroken = fresh()
await finish(unbroken)

test('a run is its manifest and its parts, in this order and no other files; rows come back in the order of parts', async () => {
  expect(readdirSync(unbroken)).toEqual([
    'manifest.json',
    ...Array.from({ length: PARTS }, (_, part) => `part-00000${part}.parquet`),
  ])
  using run = await RunFolder.open(unbroken, fakeSpec(), PARTS)
  expect(run.missing()).toEqual([])
  expect([...run.rows()]).toEqual(Array.from({ length: PARTS }, (_, part) => fakeRows(part)))
})

test('a run that was left is resumed: only what is missing is computed, whatever the order', async () => {
  const folder = fresh()
  expect(await finish(folder, {}, 2)).toEqual([0, 1, 2, 3, 4])
  using run = await RunFolder.open(folder, fakeSpec(), PARTS)
  expect(run.missing()).toEqual([2, 3, 4])
  for (const part of [4, 2, 3]) run.put(part, fakeRows(part))
  run[Symbol.dispose]()
  expect(contents(folder)).toEqual(contents(unbroken))
})

// Item 93 of malformed inputs.
test('parts that are empty, cut, of another schema, spec or number are set aside by name and computed again', async () => {
  const damage: readonly ((path: string) => void)[] = [
    path => writeFileSync(path, ''),
    path => writeFileSync(path, readFileSync(path).subarray(0, -9)),
    path => writeFileSync(path, 'PAR1'),
    path => writeFileSync(path, readFileSync(file(unbroken, 1))),
    path => writeFileSync(path, Buffer.from(readFileSync(path)).fill(7, 60, 90)),
  ]
  for (const spoil of damage) {
    const folder = fresh()
    await finish(folder)
    spoil(file(folder, 3))
    const notes: string[] = []
    expect(await finish(folder, { note: text => notes.push(text) })).toEqual([3])
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(
      /part-000003\.parquet: .* It is kept as part-000003\.parquet\.bad-1, and part 3 is computed again\.$/,
    )
    const { 'part-000003.parquet.bad-1': bad, ...rest } = contents(folder)
    expect(bad).toBeDefined()
    expect(rest).toEqual(contents(unbroken))
    spoil(file(folder, 3))
    await finish(folder)
    expect(readdirSync(folder)).toContain('part-000003.parquet.bad-2')
  }
})

test('what a killed writer left half written is swept up', async () => {
  const folder = fresh()
  await finish(folder, {}, 3)
  for (const name of ['part-000003.parquet', 'manifest.json'])
    writeFileSync(join(folder, `.${name}.0123456789ab.part`), 'half')
  await finish(folder)
  expect(contents(folder)).toEqual(contents(unbroken))
})

// Item 94.
test('a manifest that is empty, cut, or of another spec, model, version or cut into parts is refused by its field', async () => {
  const text = readFileSync(join(unbroken, 'manifest.json'), 'utf8')
  const cases: [string, RegExp, string][] = [
    ['', /ends too early/, 'run-manifest'],
    [text.slice(0, 200), /not valid JSON/, 'run-manifest'],
    [text.replace('"parts":5', '"parts":-5'), /manifest\.parts is -5/, 'run-manifest'],
    [text.replace('"form":1', '"form":2'), /manifest\.form is 2/, 'run-manifest'],
    [text.replace('"seed":0', '"seed":1'), /hash is not the one of its spec/, 'run-manifest'],
    [text.replace('"parts":5', '"parts":6'), /6 \(parts\), and this run has 5/, 'run-differs'],
    [text.replaceAll('"1.2.3"', '"1.2.4"'), /"1\.2\.4" \(version\), and this run has "1\.2\.3"/, 'run-differs'],
    [text.replace('value DOUBLE', 'value FLOAT'), /\(columns\)/, 'run-differs'],
    [canonicalJson({ ...(JSON.parse(text) as object), extra: 1 }), /unknown key "extra"/, 'run-manifest'],
  ]
  for (const [manifest, says, code] of cases) {
    const folder = fresh()
    await finish(folder, {}, 2)
    writeFileSync(join(folder, 'manifest.json'), manifest)
    const error = await refusal(() => finish(folder))
    expect(error.message).toMatch(says)
    expect(error.message).toMatch(/; use another folder, or delete this one to begin again\.$/)
    expect(error).toMatchObject({ code, fault: 'data' })
    // Nothing was lost by refusing: with the manifest back, the run goes on.
    writeFileSync(join(folder, 'manifest.json'), text)
    expect(await finish(folder)).toEqual([2, 3, 4])
    expect(contents(folder)).toEqual(contents(unbroken))
  }
})

test('another spec or model is refused by naming it', async () => {
  const folder = fresh()
  await finish(folder, {}, 1)
  const differs = { code: 'run-differs', file: join(folder, 'manifest.json') }
  expect(await refusal(() => RunFolder.open(folder, fakeSpec({ seed: 1 }), PARTS))).toMatchObject({
    ...differs,
    where: 'spec.request.seed',
    message: expect.stringContaining("another spec: spec.request.seed differs from this run's; use") as string,
  })
  expect(await refusal(() => RunFolder.open(folder, fakeSpec({ model: 'f' }), PARTS))).toMatchObject({
    ...differs,
    where: 'model',
  })
})

test('a part that the manifest does not count is refused; a part that is gone is computed again', async () => {
  const folder = fresh()
  await finish(folder)
  rmSync(file(folder, 2))
  expect(await finish(folder)).toEqual([2])
  renameSync(file(folder, 4), file(folder, 7))
  expect(await refusal(() => finish(folder))).toMatchObject({
    code: 'run-differs',
    where: 'part-000007.parquet',
    found: 7,
  })
})

test('a folder of something else, a file and a link to nowhere are refused and left as they are', async () => {
  const folder = fresh()
  mkdirSync(folder)
  expect(await finish(folder, {}, 0)).toHaveLength(PARTS)
  const home = fresh()
  mkdirSync(home)
  writeFileSync(join(home, 'thesis.tex'), 'chapter 1')
  expect(await refusal(() => finish(home))).toMatchObject({ code: 'run-other', fault: 'usage', where: '--run' })
  expect(readdirSync(home)).toEqual(['thesis.tex'])
  const plain = fresh()
  writeFileSync(plain, 'x')
  expect(await refusal(() => finish(plain))).toMatchObject({ code: 'run-other', fault: 'usage' })
  const link = fresh()
  symlinkSync(fresh(), link)
  expect(await refusal(() => finish(link))).toMatchObject({ code: 'run-folder', fault: 'failed' })
  const elsewhere = fresh()
  symlinkSync(folder, elsewhere)
  expect(await finish(elsewhere)).toHaveLength(PARTS)
  expect(contents(folder)).toEqual(contents(unbroken))
  expect(await refusal(() => finish(join(unbroken, 'manifest.json', 'deeper')))).toMatchObject({ code: 'run-folder' })
})

// Item 95: what the disk does during the run.
test('a disk that is full says so in one sentence; what was finished stays, and the run goes on afterwards', async () => {
  const folder = fresh()
  let left = 3
  const { writeWhole } = await import('../../src/results/write.ts')
  const write = (path: string, bytes: string | Uint8Array): void => {
    if (left-- <= 0) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    writeWhole(path, bytes)
  }
  const error = await refusal(() => finish(folder, { write }))
  expect(error).toMatchObject({
    code: 'run-folder',
    fault: 'failed',
    found: 'ENOSPC',
    where: 'writing part-000002.parquet',
  })
  expect(error.message).toMatch(/the parts that were finished are kept, and the same command resumes/)
  expect(readdirSync(folder)).toEqual(['manifest.json', 'part-000000.parquet', 'part-000001.parquet'])
  expect(await finish(folder)).toEqual([2, 3, 4])
  expect(contents(folder)).toEqual(contents(unbroken))
})

test('a folder that vanishes, or that another process took over, ends the run in one sentence', async () => {
  const folder = fresh()
  const run = await RunFolder.open(folder, fakeSpec(), PARTS)
  run.put(0, fakeRows(0))
  renameSync(folder, `${folder}.moved`)
  expect(await refusal(() => run.put(1, fakeRows(1)))).toMatchObject({ code: 'run-gone', fault: 'failed' })
  renameSync(`${folder}.moved`, folder)
  run.put(1, fakeRows(1))
  writeFileSync(join(folder, 'lock'), readFileSync(join(folder, 'lock'), 'utf8').replace(/"nonce":"../, '"nonce":"zz'))
  expect(await refusal(() => run.put(2, fakeRows(2)))).toMatchObject({ code: 'run-locked', fault: 'failed' })
  run[Symbol.dispose]()
  expect(readdirSync(folder)).toContain('lock')
})

const root0 = process.getuid?.() === 0
const readOnly = root0 ? 'skipped: root may write everywhere' : 'a folder that may not be written is told of'
test.skipIf(root0)(readOnly, async () => {
  const folder = fresh()
  await finish(folder, {}, 1)
  chmodSync(folder, 0o500)
  expect(await refusal(() => finish(folder))).toMatchObject({ code: 'run-folder', found: 'EACCES' })
  chmodSync(folder, 0o700)
})

// Item 96.
test('a clock that jumps back a day and forward a year, and another time zone, change nothing', async () => {
  const folder = fresh()
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    using run = await RunFolder.open(folder, fakeSpec(), PARTS)
    for (const [part, days] of [0, -1, 365, -400, 3650].entries()) {
      vi.setSystemTime(new Date('2026-03-29T00:59:59Z').getTime() + days * 86_400_000)
      run.put(part, fakeRows(part))
    }
  } finally {
    vi.useRealTimers()
  }
  expect(contents(folder)).toEqual(contents(unbroken))
  const sources = ['results/run-folder', 'results/lock', 'results/part', 'results/manifest', 'results/process-identity']
  const jobs = ['jobs/run-job', 'jobs/local-pool', 'jobs/queue', 'jobs/queue-worker', 'runtime/host']
  for (const name of [...sources, ...jobs])
    expect(readFileSync(new URL(`../../src/${name}.ts`, import.meta.url), 'utf8'), name).not.toMatch(
      /\bDate\b|mtime|ctime/,
    )
})

test('more parts than names count are refused', async () => {
  const error = await refusal(() => RunFolder.open(fresh(), fakeSpec(), 1_000_001))
  expect(error).toBeInstanceOf(HeadwiseError)
  expect(error).toMatchObject({ code: 'run-parts', fault: 'usage' })
})
