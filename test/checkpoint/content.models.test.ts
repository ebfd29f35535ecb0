import '../support/cache.ts'
import { expect, test, vi } from 'vitest'
import { openModel } from '../../src/checkpoint/reference.ts'
import { smollm2, smollm2Here } from '../support/models.ts'
import { expectedHash, weightsOf } from './content.ts'

const found = test.skipIf(!smollm2Here)

found(
  'SmolLM2 (needs ../shared): every bit of every weight is what gguf-py makes of it, remembered afterwards',
  async () => {
    const weights = await weightsOf(smollm2)
    const { hash, names } = weights
    expect(hash).toBe(expectedHash(smollm2))
    expect(names).toHaveLength(272)
    // Read by gguf-py: element [1, 1] of the key map, whose first rows change places.
    expect(weights.read('model.layers.3.self_attn.k_proj.weight')[577]).toBe(-0.123779296875)
    const again = { onProgress: vi.fn(), note: vi.fn() }
    expect((await weightsOf(smollm2, again)).hash).toBe(hash)
    expect(again.onProgress).not.toHaveBeenCalled()
  },
)

found('SmolLM2 (needs ../shared): metadata and vocabulary', async () => {
  const { metadata, tensors } = await openModel(smollm2)
  expect(tensors.size).toBe(272)
  const tokens = metadata?.get('tokenizer.ggml.tokens') as readonly string[]
  const merges = metadata?.get('tokenizer.ggml.merges') as readonly string[]
  expect([tokens.length, merges.length]).toEqual([49_152, 48_900])
  expect([tokens[0], tokens.at(-1), merges[0]]).toEqual(['<|endoftext|>', 'ectable', 'Ġ t'])
  expect(metadata?.get('tokenizer.ggml.pre')).toBe('smollm')
  expect(metadata?.get('llama.rope.freq_base')).toBe(100_000)
})
