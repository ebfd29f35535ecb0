import '../support/allclose.ts'
import { readdirSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import { f32 } from '../../src/words/arrays.ts'
import { pointKey } from '../../src/words/site.ts'
import { engineOf, fixture, json, type TinyExpected, tensors, tiny } from '../support/models.ts'
import { plainForward } from '../support/plain-forward.ts'

const variants = readdirSync(fixture('tiny')).filter(name => statSync(tiny(name)).isDirectory())

test('every variant of the family has a checkpoint', () => {
  expect(variants).toEqual(
    expect.arrayContaining([
      'mha',
      'gqa',
      'mqa',
      'tied',
      'head-dim',
      'bias',
      'rope-linear',
      'rope-llama3',
      'rope-yarn',
    ]),
  )
})

describe.each(['cpu', 'reference'] as const)('%s', device => {
  test.each(variants)('%s has the numbers of transformers', async name => {
    await using engine = await engineOf(tiny(name), device)
    const { prompts } = json<TinyExpected>(`${tiny(name)}/expected.json`)
    const expected = await tensors(`${tiny(name)}/expected.safetensors`)
    const { layers } = engine.config
    const last = layers - 1
    for (const [i, { ids, mean_loss }] of prompts.entries()) {
      const capture = [
        ...pointsOf('pattern', layers),
        ...pointsOf('z', layers),
        ...pointsOf('resid_post', layers, last),
      ]
      const { logits, loss, captured } = await runSequence(engine, ids, { capture, allLogits: true })
      expect(logits).toBeAllclose(expected(`${i}.logits`), { atol: 1e-5 })
      for (const [site, atol] of [
        ['pattern', 1e-6],
        ['z', 1e-5],
      ] as const) {
        const all = expected(`${i}.${site}`)
        const size = all.data.length / layers
        for (const [l, p] of pointsOf(site, layers).entries()) {
          const one = f32(all.shape.slice(1), all.data.slice(l * size, (l + 1) * size))
          expect(captured.get(pointKey(p))).toBeAllclose(one, { atol })
        }
      }
      expect(captured.get(`resid_post@${last}`)).toBeAllclose(expected(`${i}.resid_post_last`), {
        atol: 1e-5,
        rtol: 1e-5,
      })
      expect(loss).toBeCloseTo(mean_loss, 5)
    }
  })
})

/** The oracle of the edits is itself held against transformers. */
test.each(['mha', 'gqa', 'mqa', 'tied', 'head-dim', 'bias', 'gelu-tanh', 'relu'])(
  'the plain forward pass agrees on %s',
  async name => {
    await using engine = await engineOf(tiny(name))
    const ids = json<TinyExpected>(`${tiny(name)}/expected.json`).prompts[0]!.ids
    const logits = plainForward(engine.config, engine.weights, ids)
    const found = f32([ids.length, engine.config.vocab], Float32Array.from(logits.flat()))
    expect(found).toBeAllclose((await tensors(`${tiny(name)}/expected.safetensors`))('0.logits'), { atol: 3e-6 })
  },
)
