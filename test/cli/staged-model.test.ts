import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeStaged } from '../../src/cli/staged-model.ts'
import { writeWhole } from '../../src/results/write.ts'
import { raw, weight } from '../checkpoint/make-onnx.ts'
import { Scratch } from '../checkpoint/scratch.ts'
import { refusal } from '../support/refusal.ts'

const good = weight({
  external: [
    ['location', 'm.onnx.data'],
    ['length', '16'],
  ],
})
/** Writes a model and its data, and does something to the final place meanwhile. */
const exportTo = (
  scratch: Scratch,
  o: { model?: Uint8Array; data?: Uint8Array; force?: boolean; meanwhile?(): void },
) =>
  writeStaged(scratch.path('m.onnx'), [scratch.path('m.onnx.data')], { force: o.force ?? false }, async stage => {
    writeFileSync(stage(scratch.path('m.onnx.data')), o.data ?? raw(16))
    writeFileSync(stage(scratch.path('m.onnx')), o.model ?? good)
    o.meanwhile?.()
    return 'done'
  })

test('a model and what lies beside it get their names together', async () => {
  using scratch = new Scratch()
  expect(await exportTo(scratch, {})).toBe('done')
  expect(readdirSync(scratch.folder).sort()).toEqual(['m.onnx', 'm.onnx.data'])
  expect(readFileSync(scratch.path('m.onnx'))).toEqual(good)
  expect(await exportTo(scratch, { force: true, data: raw(32) })).toBe('done')
  expect(readFileSync(scratch.path('m.onnx.data'))).toHaveLength(32)
})

test.each([
  ['a model whose data are cut', { data: raw(15) }, 'external-offset', 'initializer "w", offset'],
  ['a model that is cut', { model: good.subarray(0, 20) }, 'protobuf-length', /^byte \d+$/],
  [
    'a model of another name',
    { model: weight({ external: [['location', 'n.data']] }) },
    'external-missing',
    /location$/,
  ],
])('%s is not kept, and what was there stays', async (_, change, code, where) => {
  using scratch = new Scratch()
  const error = await refusal(() => exportTo(scratch, change))
  expect(error).toMatchObject({ code, fault: 'failed', file: scratch.path('m.onnx') })
  expect(error.where).toMatch(where)
  expect(error.message).not.toContain('.part')
  expect(readdirSync(scratch.folder)).toEqual([])

  await exportTo(scratch, {})
  await refusal(() => exportTo(scratch, { ...change, force: true }))
  expect(readFileSync(scratch.path('m.onnx'))).toEqual(good)
  expect(readFileSync(scratch.path('m.onnx.data'))).toHaveLength(16)
})

test('what appears under a final name meanwhile is neither followed nor replaced', async () => {
  for (const name of ['m.onnx', 'm.onnx.data']) {
    using scratch = new Scratch()
    const meanwhile = () => writeFileSync(scratch.path(name), 'mine')
    expect(await refusal(() => exportTo(scratch, { meanwhile }))).toMatchObject({ code: 'out-exists', fault: 'failed' })
    expect(readdirSync(scratch.folder)).toEqual([name])
    expect(await exportTo(scratch, { force: true })).toBe('done')
  }
  using scratch = new Scratch()
  mkdirSync(scratch.path('elsewhere'))
  const target = scratch.write('elsewhere/theirs', 'theirs')
  const meanwhile = () => symlinkSync(target, scratch.path('m.onnx.data'))
  expect(await refusal(() => exportTo(scratch, { meanwhile, force: true }))).toMatchObject({ code: 'out-exists' })
  expect(readFileSync(target, 'utf8')).toBe('theirs')
})

test('a file that cannot be written has the name that it was to get', async () => {
  using scratch = new Scratch()
  const write = (stage: (path: string) => string) => Promise.resolve(writeWhole(join(stage('m.onnx'), 'x'), ''))
  const error = await refusal(() => writeStaged(scratch.path('m.onnx'), [], {}, write))
  expect(error).toMatchObject({ code: 'file-write', fault: 'failed', file: scratch.path('m.onnx'), found: 'ENOENT' })
  expect(error.message).not.toContain('.part')
  expect(readdirSync(scratch.folder)).toEqual([])
})

test('a failure of the writer leaves nothing', async () => {
  using scratch = new Scratch()
  const meanwhile = () => {
    throw new TypeError('broken')
  }
  await expect(exportTo(scratch, { meanwhile })).rejects.toThrow('broken')
  expect(readdirSync(scratch.folder)).toEqual([])
})
