import '../../support/cache.ts'
import { expect, test } from 'vitest'
import { openModel } from '../../../src/checkpoint/reference.ts'
import { prepareWeights } from '../../../src/checkpoint/weight-cache.ts'
import { llamaConfig } from '../../../src/models/families/llama-config.ts'
import { llamaLayout } from '../../../src/models/families/llama-layout.ts'
import { faultOf } from '../../checkpoint/fault.ts'
import { config, ggufTensors, llamaGguf, names, weights, writeFolder } from '../../checkpoint/make-llama.ts'
import { Scratch } from '../../checkpoint/scratch.ts'

const layoutOf = async (reference: string) => {
  const source = await openModel(reference)
  return llamaLayout(llamaConfig(source), source)
}

test('every weight by its name in the format, with the shape that the configuration implies', async () => {
  using scratch = new Scratch()
  expect(await layoutOf(writeFolder(scratch))).toEqual(names.map(([name, , shape]) => ({ name, from: name, shape })))
  const gguf = await layoutOf(scratch.write('m.gguf', llamaGguf()))
  expect(gguf.map(({ name, from, shape }) => [name, from, shape])).toEqual(names)
  expect(gguf.filter(e => e.interleavedHeads).map(e => [e.from, e.interleavedHeads])).toEqual([
    ['blk.0.attn_q.weight', 4],
    ['blk.0.attn_k.weight', 2],
    ['blk.1.attn_q.weight', 4],
    ['blk.1.attn_k.weight', 2],
  ])
})

test('a tied output has no weight of its own; biases follow their weights, those of q and k interleaved too', async () => {
  using scratch = new Scratch()
  const tied = await layoutOf(writeFolder(scratch, { config: { ...config, tie_word_embeddings: true } }))
  expect(tied.map(e => e.name)).toEqual(names.slice(0, -1).map(([name]) => name))
  const folder = writeFolder(scratch, { config: { ...config, attention_bias: true, mlp_bias: true } })
  const biases = (await layoutOf(folder)).filter(e => e.name.endsWith('.bias'))
  expect(biases).toHaveLength(14)
  expect(biases.find(e => e.name === 'model.layers.1.self_attn.k_proj.bias')?.shape).toEqual([12])
  const tensors = [...ggufTensors(), { name: 'blk.0.attn_q.bias', dims: [24] }]
  const gguf = await layoutOf(scratch.write('m.gguf', llamaGguf(undefined, tensors)))
  expect(gguf.find(e => e.from === 'blk.1.attn_q.bias')).toMatchObject({ shape: [24], interleavedHeads: 4 })
})

test('GGUF and folder hold the same weights', async () => {
  using scratch = new Scratch()
  const load = async (reference: string) => prepareWeights(await openModel(reference), await layoutOf(reference))
  const [a, b] = [await load(writeFolder(scratch)), await load(scratch.write('m.gguf', llamaGguf()))]
  expect(b.hash).toBe(a.hash)
  for (const name of a.names) expect(b.read(name)).toEqual(a.read(name))
})

test('item 37: a tensor of a block that is missing is named', async () => {
  using scratch = new Scratch()
  const without = ggufTensors().filter(t => t.name !== 'blk.1.ffn_up.weight')
  const open = async (file: Buffer) =>
    prepareWeights(await openModel(scratch.write('m.gguf', file)), await layoutOf(scratch.path('m.gguf')))
  const fault = await faultOf(() => open(llamaGguf(undefined, without)))
  expect(fault).toMatchObject({ code: 'weight-missing', where: 'blk.1.ffn_up.weight', allowed: '[32, 24]' })
  expect((await open(llamaGguf())).names).toHaveLength(Object.keys(weights()).length)
})
