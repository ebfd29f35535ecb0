import { describe, expect, test } from 'vitest'
import { openModel } from '../../../src/checkpoint/reference.ts'
import { familyOf } from '../../../src/models/families/index.ts'
import { faultOf } from '../../checkpoint/fault.ts'
import { text } from '../../checkpoint/make-gguf.ts'
import { changed, config, llamaGguf, writeFolder } from '../../checkpoint/make-llama.ts'
import { Scratch } from '../../checkpoint/scratch.ts'

async function ofJson(changes: object): Promise<string> {
  using scratch = new Scratch()
  return familyOf(await openModel(writeFolder(scratch, { config: { ...config, ...changes } }))).modelType
}
async function ofGguf(architecture: string | undefined): Promise<string> {
  using scratch = new Scratch()
  const entry = architecture === undefined ? undefined : text('general.architecture', architecture)
  const file = llamaGguf(changed({ 'general.architecture': entry }))
  return familyOf(await openModel(scratch.write('m.gguf', file))).modelType
}

test('a Llama is known by model_type and architecture', async () => {
  expect(await ofJson({})).toBe('llama')
  expect(await ofJson({ architectures: null })).toBe('llama')
  expect(await ofGguf('llama')).toBe('llama')
})

describe('item 21: names from files find only families', () => {
  const names = ['constructor', '__proto__', '../x', 'toString', 'qwen2', 'lama', '']
  test.each(names)('model_type %j', async found => {
    const fault = await faultOf(() => ofJson({ model_type: found }))
    expect(fault).toMatchObject({ code: 'family-unknown', where: 'model_type', found, fault: 'data' })
    expect(fault.message).toContain('nearest known: llama')
  })
  test.each([...names, 'LlamaForSequenceClassification', 5, {}])('architectures[0] %j', async found => {
    const fault = await faultOf(() => ofJson({ architectures: [found] }))
    expect(fault).toMatchObject({ code: 'family-unknown', where: 'architectures[0]', found })
    expect(fault.message).toContain('LlamaForCausalLM')
  })
  test('no model_type', async () => {
    expect(await faultOf(() => ofJson({ model_type: undefined }))).toMatchObject({
      where: 'model_type',
      found: undefined,
    })
  })
  test.each(['constructor', 'qwen2', undefined])('item 37: general.architecture %j', async found => {
    expect(await faultOf(() => ofGguf(found))).toMatchObject({
      code: 'family-unknown',
      where: 'general.architecture',
      found,
    })
  })
})
