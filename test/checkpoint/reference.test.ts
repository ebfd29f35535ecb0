import { describe, expect, test } from 'vitest'
import { openModel, resolveModel } from '../../src/checkpoint/reference.ts'
import { faultOf } from './fault.ts'
import { llamaGguf, writeFolder } from './make-llama.ts'
import { Scratch } from './scratch.ts'

test('what a reference names', () => {
  using scratch = new Scratch()
  writeFolder(scratch)
  expect(resolveModel(scratch.folder)).toEqual({ kind: 'folder', path: scratch.folder })
  expect(resolveModel(scratch.path('model.safetensors')).kind).toBe('safetensors')
  expect(resolveModel(scratch.write('m.safetensors.index.json', '{}')).kind).toBe('index')
  expect(resolveModel(scratch.write('m.GGUF', '')).kind).toBe('gguf')
  expect(resolveModel('specimen').path).toMatch(/models.specimen$/)
})

test('the specimen opens', async () => {
  const { tensors, companions, config } = await openModel('specimen')
  expect(tensors.size).toBe(74)
  expect(tensors.get('model.layers.7.mlp.down_proj.weight')).toMatchObject({ dtype: 'F16', shape: [256, 688] })
  expect(Object.keys(companions)).toEqual(['tokenizerJson', 'tokenizerConfig'])
  expect(config).toHaveProperty('model_type', 'llama')
})

test('a GGUF file opens with its metadata', async () => {
  using scratch = new Scratch()
  const path = scratch.write('m.gguf', llamaGguf())
  expect(await openModel(path)).toMatchObject({
    format: 'gguf',
    file: path,
    folder: scratch.folder,
    files: [path],
    companions: {},
  })
})

describe('a hub id ends with the command that fetches it', () => {
  test.each([
    ['HuggingFaceTB/SmolLM2-135M', 'hf download HuggingFaceTB/SmolLM2-135M --local-dir SmolLM2-135M'],
    ['org/name@v1.0', 'hf download org/name --revision v1.0 --local-dir name'],
  ])('%s', async (id, command) => {
    const fault = await faultOf(() => resolveModel(id))
    expect(fault).toMatchObject({ code: 'hub-id', fault: 'usage', where: 'MODEL', found: id })
    expect(fault.message).toContain(command)
  })
})

describe('item 73: what is neither a path nor an id is wrong usage', () => {
  test.each(['a/b/c', 'a@', 'a@../../x', 'a/b@', 'a/../b', '-a/b', 'a/b@../x', 'https://a.example/b'])(
    '%s',
    async id => {
      expect(await faultOf(() => resolveModel(id))).toMatchObject({ code: 'model-id', fault: 'usage', found: id })
    },
  )
  test.each(['../x', '-rf', 'gpt2', './m', 'a/b.gguf', 'a\\b', '/none/at/all', 'x\u0000y', '~/m'])('%j', async path => {
    expect(await faultOf(() => resolveModel(path))).toMatchObject({
      code: 'model-missing',
      fault: 'usage',
      found: path,
    })
  })
  test('an id of 10,000 characters', async () => {
    const fault = await faultOf(() => resolveModel(`a/${'b'.repeat(10_000)}`))
    expect(fault).toMatchObject({ code: 'model-id', fault: 'usage' })
    expect(fault.message.length).toBeLessThan(400)
  })
  test('an empty one', async () => {
    expect(await faultOf(() => resolveModel(' '))).toMatchObject({ code: 'model-id', fault: 'usage' })
  })
  test('a file of another kind', async () => {
    using scratch = new Scratch()
    writeFolder(scratch)
    const fault = await faultOf(() => resolveModel(scratch.path('config.json')))
    expect(fault).toMatchObject({ code: 'model-kind', fault: 'usage' })
    expect(fault.message).toContain(scratch.folder)
  })
  test('a device is not opened', async () => {
    expect(await faultOf(() => resolveModel('/dev/zero'))).toMatchObject({
      code: 'not-a-regular-file',
      found: 'a device',
    })
  })
})
