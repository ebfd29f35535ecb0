import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { run, SENTENCE, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)
const env = { HEADWISE_CACHE: at('cache') }
/** A model that does not exist: a refusal that does not speak of it came before any model was looked for. */
const M = at('no-such-model.gguf')

mkdirSync(at('out'))
mkdirSync(at('elsewhere'))
writeFileSync(at('elsewhere/theirs'), 'theirs')
symlinkSync(at('elsewhere/theirs'), at('out/link.onnx'))
symlinkSync(at('elsewhere/theirs'), at('out/data.onnx.data'))
symlinkSync(at('elsewhere/nothing'), at('out/dangling.onnx'))

test.each([
  ['a link', ['link.onnx'], /is a link, which is never followed/],
  ['a link, with --force', ['link.onnx', '--force'], /is a link, which is never followed/],
  ['a link to nothing', ['dangling.onnx', '--force'], /is a link, which is never followed/],
  ['a link as file of weights', ['data.onnx', '--force'], /data\.onnx\.data is a link, which is never followed/],
  ['a path through ..', ['../elsewhere/x.onnx'], /goes through \.\./],
  ['a path through .. that stays', ['../out/x.onnx', '--force'], /goes through \.\./],
  ['a name with a stream', ['a:b.onnx'], /holds a path/],
  ['a name with a backslash', ['a\\b.onnx'], /holds a path/],
  ['a device of Windows', ['con.onnx'], /is not a file name on Windows/],
])('%s is refused before a model is looked for', async (_, [name = '', ...more], says) => {
  const before = readdirSync(folder, { recursive: true })
  const { code, stdout, stderr } = await run(['export', M, '--out', `${at('out')}/${name}`, ...more], { env })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(SENTENCE)
  expect(stderr).toMatch(says)
  expect(readdirSync(folder, { recursive: true })).toEqual(before)
  expect(readFileSync(at('elsewhere/theirs'), 'utf8')).toBe('theirs')
  expect(existsSync(at('elsewhere/nothing'))).toBe(false)
})

test('a plain name is accepted, and so is what was written under it', async () => {
  const out = at('out/plain.onnx')
  const { code, stdout } = await run(['export', 'specimen', '--out', out, '--json'], { env })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ files: [out] })
  expect(judgeOnnx(out)).toEqual({ initializers: expect.any(Number), external: [] })
  expect(readdirSync(at('out')).filter(f => /part|plain/.test(f))).toEqual(['plain.onnx'])
})
