import '../support/allclose.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { load } from '../../src/index.ts'
import { checkEdits } from '../../src/results/input.ts'
import type { Engine } from '../../src/runs/engine.ts'
import { type GenerateOptions, generate } from '../../src/runs/generate.ts'
import { runSequence } from '../../src/runs/run.ts'
import { f32, type NDArray } from '../../src/words/arrays.ts'
import { type Point, point, pointKey, type Site } from '../../src/words/site.ts'
import { engineOf, fixture, json, type TinyExpected, tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const PROMPT = [62, 28, 10, 19, 58]
const GREEDY = { temperature: 0, seed: 0, endTokens: [] }
const at = (site: Site, layer = 1) => ({ site, layer })
let engine: Engine
beforeAll(async () => {
  engine = await engineOf(tiny('gqa'))
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
})

async function tokens(o: Partial<GenerateOptions> & { maxTokens: number }, prompt = PROMPT): Promise<number[]> {
  const found: number[] = []
  for await (const { id } of generate(engine, prompt, { ...GREEDY, ...o })) found.push(id)
  return found
}

test.each(['gqa', 'rope-yarn'])('64 greedy tokens of %s are those of transformers', async name => {
  await using own = await engineOf(tiny(name))
  const { prompt, ids } = json<TinyExpected>(`${tiny(name)}/expected.json`).greedy!
  const found: number[] = []
  for await (const { id } of generate(own, prompt, { ...GREEDY, maxTokens: 64 })) found.push(id)
  expect(found).toEqual(ids)
})

/** Rows captured pass after pass, as one value of the whole text. */
function joined(p: Point, pieces: readonly NDArray<'f32'>[], keys: number): NDArray<'f32'> {
  if (p.site !== 'pattern' && p.site !== 'scores') {
    const shape = pieces[0]!.shape.with(0, keys)
    return f32(shape, Float32Array.from(pieces.flatMap(x => [...x.data])))
  }
  const heads = pieces[0]!.shape[0]!
  const out = new Float32Array(heads * keys * keys)
  let row = 0
  for (const { shape, data } of pieces) {
    const [, rows, seen] = shape as [number, number, number]
    for (let h = 0; h < heads; h++)
      for (let r = 0; r < rows; r++)
        out.set(data.subarray((h * rows + r) * seen, (h * rows + r + 1) * seen), (h * keys + row + r) * keys)
    row += rows
  }
  return f32([heads, keys, keys], out)
}

const underEdits: Record<string, readonly unknown[]> = {
  'no edits': [],
  'heads removed': [{ do: 'zero', at: at('z'), heads: [0, 3] }],
  'edits at many sites': [
    { do: 'scale', by: 0.5, at: at('resid_pre', 0) },
    { do: 'add', value: 0.25, at: at('k'), groups: [1] },
    { do: 'temperature', tau: 2, at: at('scores'), heads: [2] },
    { do: 'add', value: 0.125, at: at('mlp_out', 2) },
    { do: 'scale', by: 1.5, at: { site: 'final_norm' } },
  ],
  'edges cut': [
    { do: 'knockout', keys: [0, 3], at: at('scores') },
    { do: 'bias', by: 1, queries: 'all', keys: { tokens: [28] }, at: at('scores', 2), heads: [1] },
  ],
  'positions of the prompt and of what follows': [
    { do: 'set', value: 0.5, at: at('v', 0), positions: [2, 9] },
    { do: 'zero', at: at('attn_out'), positions: [12] },
  ],
  'every key of a row cut': [{ do: 'knockout', queries: [1, 8], at: at('scores'), heads: [0] }],
  'numbers put into a pattern': [{ do: 'add', value: 0.125, at: at('pattern'), heads: [1] }],
}

describe.each(Object.keys(underEdits))('with slabs = in one pass, under %s', name => {
  test.each([12, 64])('%i tokens', async maxTokens => {
    const edits = checkEdits(underEdits[name], 'edits')
    const capture = [point('logits'), point('z', 1), point('pattern', 1), point('k', 1), point('resid_post', 2)]
    const pieces = new Map<string, NDArray<'f32'>[]>(capture.map(p => [pointKey(p), []]))
    const ids = [...PROMPT]
    for await (const { id, captured } of generate(engine, PROMPT, { ...GREEDY, maxTokens, edits, capture })) {
      for (const [key, list] of pieces) list.push(captured.get(key)!)
      ids.push(id)
    }
    expect(ids).toHaveLength(PROMPT.length + maxTokens)
    const fed = ids.slice(0, -1)
    const whole = await runSequence(engine, fed, { edits, capture, allLogits: true })
    for (const p of capture)
      expect(joined(p, pieces.get(pointKey(p))!, fed.length), pointKey(p)).toBeAllclose(
        whole.captured.get(pointKey(p))!,
        { atol: p.site === 'logits' ? 1e-4 : 2e-5 },
      )
  })
})

test('"last" is the last token of the prompt, token sets meet new tokens too', async () => {
  const capture = [point('z', 1)]
  const zeroRows = async (positions: unknown): Promise<boolean[]> => {
    const edits = checkEdits([{ do: 'zero', at: at('z'), positions }], 'edits')
    const rows: boolean[] = []
    for await (const { captured } of generate(engine, PROMPT, { ...GREEDY, maxTokens: 4, edits, capture })) {
      const { shape, data } = captured.get('z@1')!
      const width = data.length / shape[0]!
      for (let t = 0; t < shape[0]!; t++) rows.push(data.subarray(t * width, (t + 1) * width).every(x => x === 0))
    }
    return rows
  }
  expect(await zeroRows('last')).toEqual([false, false, false, false, true, false, false, false])
  const first = (await tokens({ maxTokens: 1 }))[0]!
  expect(PROMPT).not.toContain(first)
  expect((await zeroRows({ tokens: [first] })).indexOf(true)).toBe(PROMPT.length)
})

test('long texts keep a resident session and give the same tokens', async () => {
  const [long, short] = [await tokens({ maxTokens: 60 }), await tokens({ maxTokens: 40 })]
  expect(long.slice(0, 40)).toEqual(short)
})

test('the same seed gives the same text, another seed another', async () => {
  const draw = (seed: number) => tokens({ maxTokens: 24, temperature: 1, topK: 40, topP: 0.95, seed })
  expect(await draw(1)).toEqual(await draw(1))
  expect(await draw(1)).not.toEqual(await draw(2))
})

test('an end token ends the text and stays in it', async () => {
  const free = await tokens({ maxTokens: 12 })
  const end = free[5]!
  const found = await tokens({ maxTokens: 12, endTokens: [end] })
  expect(found).toEqual(free.slice(0, free.indexOf(end) + 1))
})

test('no token is asked for, none comes', async () => {
  expect(await tokens({ maxTokens: 0 })).toEqual([])
})

test('an abort ends between two tokens', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  const error = await refusal(async () => {
    for await (const { id } of generate(engine, PROMPT, { ...GREEDY, maxTokens: 50, signal: stop.signal }))
      if (seen.push(id) === 3) stop.abort()
  })
  expect(error).toMatchObject({ code: 'interrupted', fault: 'interrupted' })
  expect(seen).toEqual(await tokens({ maxTokens: 3 }))
})

test('a caller may stop listening', async () => {
  for await (const _ of generate(engine, PROMPT, { ...GREEDY, maxTokens: 50 })) break
  expect(await tokens({ maxTokens: 2 })).toHaveLength(2)
})

test('64 tokens of the specimen, with slabs = in one pass', async () => {
  await using specimen = await engineOf('specimen')
  const edits = checkEdits([{ do: 'zero', at: at('z', 6), heads: [5] }], 'edits')
  const ids = [0, 1427, 880, 258]
  const { vocab } = specimen.config
  const rows: Float32Array[] = []
  const o = { ...GREEDY, maxTokens: 64, edits, capture: [point('logits')] }
  for await (const { id, captured } of generate(specimen, [...ids], o)) {
    rows.push(captured.get('logits')!.data.slice(-vocab))
    ids.push(id)
  }
  const { logits } = await runSequence(specimen, ids.slice(0, -1), { edits, allLogits: true })
  const found = f32([64, vocab], Float32Array.from(rows.flatMap(r => [...r])))
  expect(found).toBeAllclose(f32([64, vocab], logits.data.slice(-64 * vocab)), { atol: 1e-4 })
})

describe('refusals', () => {
  test.each<[string, Partial<GenerateOptions>, number[], object]>([
    ['more than the context', { maxTokens: 124 }, PROMPT, { code: 'prompt-too-long', found: 129, allowed: 128 }],
    ['half a token', { maxTokens: 1.5 }, PROMPT, { code: 'max-tokens', found: 1.5 }],
    ['less than none', { maxTokens: -1 }, PROMPT, { code: 'max-tokens', found: -1 }],
    ['an empty prompt', {}, [], { code: 'tokens-empty' }],
    ['a token that the model lacks', {}, [1, 64], { code: 'token-id', where: 'tokens[1]', found: 64, allowed: 63 }],
    ['a negative temperature', { temperature: -0.5 }, PROMPT, { code: 'sampling', where: 'temperature' }],
    [
      'a position beyond what may come',
      { edits: checkEdits([{ do: 'zero', at: at('z'), positions: [9] }], 'e') },
      PROMPT,
      { code: 'edit', where: 'edits[0].positions', found: 9, allowed: 8 },
    ],
  ])('%s', async (_, o, prompt, facts) => {
    expect(await refusal(() => tokens({ maxTokens: 4, ...o }, prompt))).toMatchObject({ fault: 'usage', ...facts })
  })
  test('the whole context may be used', async () => {
    const edits = checkEdits([{ do: 'zero', at: at('z'), positions: [8] }], 'e')
    expect(await tokens({ maxTokens: 4, edits })).toHaveLength(4)
    expect(await tokens({ maxTokens: 123 })).toHaveLength(123)
  })
})

describe('the text of the specimen', () => {
  const text = 'Once upon a time, there was a small lamp in the kitchen'
  test('streams as it is decoded, and stops before a stop string across token borders', async () => {
    await using m = await load('specimen', { threads: 2 })
    const golden = json<{ ids: number[]; greedy_text: string }[]>(fixture('golden-specimen/logits.json'))[0]!
    const pieces: string[] = []
    const whole = await m.generation(golden.ids, { maxTokens: 32, ignoreEnd: true, onToken: t => void pieces.push(t) })
    expect(pieces.join('')).toBe(whole.text)
    expect(whole.text).toBe(golden.greedy_text)
    // The end of one token and the beginning of the next.
    const [first, second] = [pieces[3]!, pieces[4]!]
    const stop = first.slice(-2) + second.slice(0, 2)
    const before = whole.text.slice(0, whole.text.indexOf(stop))
    const cut = await m.generation(text, { maxTokens: 32, stop: [stop], ignoreEnd: true })
    expect(cut.text).toBe(before)
    expect(cut.tokens).toEqual(whole.tokens.slice(0, golden.ids.length + 5))
  })
})
