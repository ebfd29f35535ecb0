import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBehind, checkComponent, componentWrites } from '../../src/attribution/component-writes.ts'
import type { Device } from '../../src/library/open.ts'
import { lowerEdits } from '../../src/runs/edits.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import { readyEdits } from '../../src/runs/values.ts'
import type { Tokenizer } from '../../src/text/tokenizer.ts'
import type { Component } from '../../src/words/component.ts'
import type { Edit } from '../../src/words/edit.ts'
import { isTail, type Point, point, pointKey, type Site } from '../../src/words/site.ts'
import { engineOf, tiny } from '../support/models.ts'

const SITES: Site[] = ['resid_pre', 'z', 'attn_out', 'resid_mid', 'mlp_act', 'mlp_out', 'resid_post']
const names = { tokenText: (id: number) => `token ${id}` } as Tokenizer

/** One position of a run that captures everything, and the whole vocabulary's numbers for a component there. */
async function position(engine: Engine, ids: readonly number[], edits: Edit[], at: number) {
  const { layers, vocab } = engine.config
  const capture = [...SITES.flatMap(s => pointsOf(s, layers)), point('logits')]
  const { captured } = await runSequence(engine, ids, { capture, edits })
  const value = (p: Point) => {
    const { data } = captured.get(pointKey(p))!
    const width = data.length / ids.length
    return data.subarray(at * width, (at + 1) * width)
  }
  const [ready = []] = await readyEdits(engine, [{ ids, edits: edits.filter(e => isTail(e.at)) }], {})
  const tail = lowerEdits([{ ids, edits: ready, last: ids.length }], engine.config, { start: at, count: 1 })
  const reading = (of: Component, top = vocab) => componentWrites(engine, names, of, { at: value, tail }, top)
  const effects = async (of: Component) => {
    const { raises, lowers } = await reading(of)
    const all = new Float64Array(vocab)
    for (const t of [...raises, ...lowers]) all[t.id] = t.logits
    return all
  }
  const lens = async (of: Component) => {
    const all = new Float64Array(vocab)
    for (const t of (await reading(of)).lens!) all[t.id] = t.logit
    return all
  }
  return { value, reading, effects, lens }
}

/** norm(x) ⊙ weight · W_U in double precision; `rms` default that of x itself. */
function unembedded(engine: Engine, x: Float32Array | Float64Array, rms?: number): Float64Array {
  const { vocab, dim, normEps, tied } = engine.config
  const norm = engine.weights.read('model.norm.weight')
  const unembedding = engine.weights.read(tied ? 'model.embed_tokens.weight' : 'lm_head.weight')
  let squares = 0
  for (const v of x) squares += v * v
  const by = rms ?? Math.sqrt(squares / dim + normEps)
  return Float64Array.from({ length: vocab }, (_, id) => {
    let sum = 0
    for (let i = 0; i < dim; i++) sum += ((x[i]! * norm[i]!) / by) * unembedding[id * dim + i]!
    return sum
  })
}
const rmsOf = ({ config }: Engine, x: Float32Array) =>
  Math.sqrt(x.reduce((s, v) => s + v * v, 0) / config.dim + config.normEps)
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!))
  return a.length === b.length ? most : Number.POSITIVE_INFINITY
}
const added = (parts: readonly Float64Array[]) => parts.reduce((sum, part) => sum.map((x, i) => x + part[i]!))

const edits: Edit[] = [
  { do: 'scale', by: 0.5, at: point('z', 1), heads: [1] },
  { do: 'scale', by: -2, at: point('mlp_act', 1) },
  { do: 'add', value: 0.3, at: point('mlp_act', 0) },
]
const tail: Edit[] = [
  { do: 'scale', by: 0.5, at: point('final_norm') },
  { do: 'add', value: 2, at: point('logits') },
]
const IDS = [3, 17, 42, 17, 8, 60, 25]

describe.each<[name: string, model: string, device: Device, edits: Edit[]]>([
  ['a model with biases', tiny('bias'), 'cpu', []],
  ['a model with biases, with edits', tiny('bias'), 'cpu', edits],
  ['a model with biases, the slow evaluator, with edits', tiny('bias'), 'reference', edits],
  ['tied weights and grouped queries', tiny('tied'), 'cpu', edits],
  ['the specimen, with edits', 'specimen', 'cpu', edits],
])('%s', (_, model, device, list) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await engineOf(model, device)
  })
  afterAll(() => engine[Symbol.asyncDispose]())

  test('embedding, heads, feed-forward blocks and biases add up to the lens after the last layer, to 1e-4', async () => {
    const { layers, heads, attentionBias } = engine.config
    const { value, effects, lens } = await position(engine, IDS, list, 5)
    const last = value(point('resid_post', layers - 1))
    const rms = rmsOf(engine, last)
    const parts = [unembedded(engine, value(point('resid_pre', 0)), rms)]
    for (let layer = 0; layer < layers; layer++) {
      const all = Array.from({ length: heads }, (_, head) => ({ layer, head }))
      parts.push(await effects({ heads: all as [(typeof all)[number]] }), await effects({ mlp: layer }))
      if (!attentionBias) continue
      const bias = engine.weights.read(`model.layers.${layer}.self_attn.o_proj.bias`)
      parts.push(unembedded(engine, bias, rms))
    }
    expect(apart(added(parts), await lens({ residual: 'resid_post', layer: layers - 1 }))).toBeLessThan(1e-4)
  })

  test('each component is what captures and plain arithmetic give, to 1e-4', async () => {
    const { layers, heads, headDim, dim, mlpDim } = engine.config
    const { value, effects, lens } = await position(engine, IDS, list, 4)
    const rms = rmsOf(engine, value(point('resid_post', layers - 1)))
    const layer = layers - 1
    const mid = value(point('resid_mid', layer))
    const out = value(point('mlp_out', layer))
    const [z, act] = [value(point('z', layer)), value(point('mlp_act', layer))]
    const output = engine.weights.read(`model.layers.${layer}.self_attn.o_proj.weight`)
    const down = engine.weights.read(`model.layers.${layer}.mlp.down_proj.weight`)
    const head = Float64Array.from({ length: dim }, (_, i) => {
      let sum = 0
      for (let j = headDim; j < 2 * headDim; j++) sum += output[i * heads * headDim + j]! * z[j]!
      return sum
    })
    const neuron = Float64Array.from({ length: dim }, (_, i) => down[i * mlpDim + 7]! * act[7]!)
    expect(apart(await effects({ heads: [{ layer, head: 1 }] }), unembedded(engine, head, rms))).toBeLessThan(1e-4)
    expect(apart(await effects({ mlp: layer }), unembedded(engine, out, rms))).toBeLessThan(1e-4)
    expect(apart(await effects({ neuron: { layer, neuron: 7 } }), unembedded(engine, neuron, rms))).toBeLessThan(1e-4)
    expect(apart(await lens({ residual: 'resid_mid', layer }), unembedded(engine, mid))).toBeLessThan(1e-4)
    // What the block before changed is the difference of two readings, each with its own norm scale.
    for (const [site, before] of [
      ['resid_post', 'resid_mid'],
      ['resid_mid', 'resid_pre'],
    ] as const) {
      const [now, then] = [
        unembedded(engine, value(point(site, layer))),
        unembedded(engine, value(point(before, layer))),
      ]
      const changed = await effects({ residual: site, layer })
      expect(
        apart(
          changed,
          now.map((x, i) => x - then[i]!),
        ),
        site,
      ).toBeLessThan(1e-4)
    }
  })

  test('neurons and the bias add up to their block, and the longest are told of', async () => {
    const { layers, mlpDim, dim, mlpBias } = engine.config
    const { value, reading } = await position(engine, IDS, list, 6)
    const layer = layers - 1
    const down = engine.weights.read(`model.layers.${layer}.mlp.down_proj.weight`)
    const { neurons } = await reading({ mlp: layer }, 5)
    const act = value(point('mlp_act', layer))
    const lengths = Array.from({ length: mlpDim }, (_, n) =>
      Math.hypot(...Array.from({ length: dim }, (_, i) => down[i * mlpDim + n]! * act[n]!)),
    )
    const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!).slice(0, 10)
    expect(neurons!.map(n => n.neuron)).toEqual(order)
    for (const n of neurons!) {
      expect(n.activation).toBe(act[n.neuron])
      expect(Math.abs(n.length / lengths[n.neuron]! - 1)).toBeLessThan(1e-5)
    }
    if (mlpDim > 100) return
    const { effects } = await position(engine, IDS, list, 6)
    const rms = rmsOf(engine, value(point('resid_post', layers - 1)))
    const bias = mlpBias ? engine.weights.read(`model.layers.${layer}.mlp.down_proj.bias`) : new Float32Array(dim)
    const parts = [unembedded(engine, bias, rms)]
    for (let neuron = 0; neuron < mlpDim; neuron++) parts.push(await effects({ neuron: { layer, neuron } }))
    expect(apart(added(parts), await effects({ mlp: layer }))).toBeLessThan(1e-4)
  })

  test.each([
    ['', []],
    [', edits of norm and logits included', tail],
  ])("after the last layer the lens is the model's own logits, to 1e-5 of the largest%s", async (_, more) => {
    const { layers } = engine.config
    for (const at of [0, 3, 6]) {
      const { value, lens, reading } = await position(engine, IDS, [...list, ...more], at)
      const logits = value(point('logits'))
      const largest = Math.max(1, ...logits.map(Math.abs))
      const of: Component = { residual: 'resid_post', layer: layers - 1 }
      expect(apart(await lens(of), logits) / largest).toBeLessThan(1e-5)
      const first = (await reading(of, 3)).lens!
      const total = logits.reduce((s, x) => s + Math.exp(x - first[0]!.logit), 0)
      expect(first[0]!.logprob).toBeCloseTo(-Math.log(total), 4)
      expect(first[0]!.token).toBe(`token ${logits.indexOf(Math.max(...logits))}`)
    }
  })
})

test('the embedding has no block before it', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const { reading } = await position(engine, IDS, [], 2)
  const { lens, ...sides } = await reading({ residual: 'resid_pre', layer: 0 }, 4)
  expect(sides).toEqual({ raises: [], lowers: [], mean: 0 })
  expect(lens).toHaveLength(4)
})

test('what the model does not have, and edits behind one part of a sum, are refused in a sentence', () => {
  const config = { layers: 2, heads: 4, mlpDim: 40 }
  const refused = (of: Component) => expect(() => checkComponent(of, config))
  refused({ heads: [{ layer: 2, head: 0 }] }).toThrow('Head 2.0 does not exist: the model has layers 0 to 1.')
  refused({ mlp: 2 }).toThrow('Layer 2 does not exist: the model has layers 0 to 1.')
  refused({ neuron: { layer: 1, neuron: 40 } }).toThrow('Neuron 1.40 does not exist')
  refused({ residual: 'resid_mid', layer: 3 }).toThrow('Layer 3 does not exist')
  refused({ residual: 'resid_pre', layer: 1 }).toThrow('is the one after layer 0')
  const zero = (site: Site, layer: number): Edit => ({ do: 'zero', at: point(site, layer) })
  expect(() => checkBehind({ neuron: { layer: 1, neuron: 0 } }, [zero('z', 1), zero('mlp_out', 1)])).toThrow(
    'Edit 1 changes mlp_out of layer 1',
  )
  expect(() => checkBehind({ heads: [{ layer: 1, head: 0 }] }, [zero('attn_out', 1)])).toThrow(
    'what a head of it writes',
  )
  checkBehind({ neuron: { layer: 0, neuron: 0 } }, [zero('mlp_out', 1)])
  checkBehind({ mlp: 1 }, [zero('mlp_out', 1)])
})
