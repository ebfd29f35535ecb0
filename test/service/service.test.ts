import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { Result, Verb } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import '../support/cache.ts'
import { largest } from './support.ts'

let m: Headwise
let service: Service
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
  service = new Service(m, { name: 'specimen', specimen: true, notice: 'ours', version: '0', budget: 2 ** 30 })
})
afterAll(() => m[Symbol.asyncDispose]())

const call = async <V extends Exclude<Verb, 'generate'>>(verb: V, params: unknown): Promise<Result<V>> =>
  (await service.call(verb, params)) as Result<V>

const TEXT = 'Tom and Mary went to the market. Tom gave a coin to'
const idsOf = async (text: string) => [...(await call('tokens', { text })).ids]
/** 400 tokens: more than one block of rows. */
const long = async () => {
  const ids = await idsOf('Clara had a red kite and the wind was strong. '.repeat(40))
  return ids.slice(0, 400)
}
const at = (site: string, layer: number) => ({ stack: 'decoder', site, layer }) as EditInput['at']
const off = (layer: number, head: number): EditInput => ({ do: 'zero', at: at('z', layer), heads: [head] })

const EDITS: Record<string, EditInput[]> = {
  'a head off': [off(6, 5)],
  'two layers': [off(5, 4), { do: 'scale', by: 0.4, at: at('z', 6), heads: [1, 5], positions: 'last' }],
  mean: [{ do: 'mean', at: at('z', 4), heads: [2] }],
  patch: [{ do: 'patch', at: at('z', 4), heads: [2], prompt: 'Tom and Mary went to the market. Mary gave a coin to' }],
  'an edge': [{ do: 'knockout', at: at('scores', 4), heads: [2], queries: 'last', keys: [1] }],
  'a residual': [{ do: 'scale', by: 0.5, at: at('resid_pre', 3) }],
  'the end of a layer': [{ do: 'scale', by: 0.5, at: at('resid_post', 3), positions: [2] }],
  'the embedding': [{ do: 'scale', by: 2, at: at('embed', 0), positions: [3] }],
  'logits of one position': [{ do: 'add', value: 3, at: at('logits', 0), positions: [4] }],
  temperature: [{ do: 'temperature', tau: 2, at: at('scores', 6) }],
}

test('next at a temperature: the logits of either side are divided by it', async () => {
  const ids = await idsOf(TEXT)
  const edits = EDITS['an edge']!
  const next = await call('next', { ids, edits, top: 5, temperature: 0.5 })
  const [before, after] = [await m.run(ids), await m.run(ids, { edits })].map(({ logits }) =>
    logProbabilities(logits.data.map(x => x / 0.5)),
  )
  for (const t of next.tokens) {
    expect(t.before).toBeCloseTo(before![t.id]!, 3)
    expect(t.after).toBeCloseTo(after![t.id]!, 3)
  }
  await expect(call('next', { ids, temperature: 0 })).rejects.toMatchObject({ fault: 'usage' })
})

test('next with top-k and top-p: which tokens may be drawn, and what they hold, of either side', async () => {
  const ids = await idsOf(TEXT)
  const edits = EDITS['a head off']!
  const next = await call('next', { ids, edits, watch: [7], temperature: 2, topK: 6, topP: 0.7 })
  for (const [side, pass] of [
    ['before', await m.run(ids)],
    ['after', await m.run(ids, { edits })],
  ] as const) {
    const p = logProbabilities(pass.logits.data.map(x => x / 2)).map(Math.exp)
    const order = p.map((_, id) => id).sort((a, b) => p[b]! - p[a]!)
    const six = order.slice(0, 6)
    const sum = (of: number[]) => of.reduce((s, id) => s + p[id]!, 0)
    let count = 1
    while (sum(six.slice(0, count)) < 0.7 * sum(six)) count++
    const may = six.slice(0, count)
    expect(count).toBeLessThan(6)
    expect(next.left![side]).toEqual({ tokens: count, probability: expect.closeTo(sum(may), 5) as number })
    expect(
      next.tokens
        .filter(t => t.within[side])
        .map(t => t.id)
        .sort(),
    ).toEqual([...may].sort())
  }
  expect((await call('next', { ids, temperature: 2 })).left).toBeNull()
  await expect(call('next', { ids, topK: 0 })).rejects.toMatchObject({ fault: 'usage', where: 'topK' })
  await expect(call('next', { ids, topP: 0 })).rejects.toMatchObject({ fault: 'usage', where: 'topP' })
})

test.each(Object.entries(EDITS))('%s: next, changes and patterns are those of whole passes', async (_, edits) => {
  const ids = await idsOf(TEXT)
  const capture = ['z', 'pattern']
  const [clean, edited] = [
    await m.run(ids, { capture, allLogits: true }),
    await m.run(ids, { capture, edits, allLogits: true }),
  ]
  const next = await call('next', { ids, edits, top: 10, watch: [7] })
  for (const [side, pass] of [
    [next.before, clean.passes[0]!],
    [next.after!, edited.passes[0]!],
  ] as const) {
    expect(
      largest(
        side.logprob.data,
        pass.tokenLoss.map(x => -x),
      ),
    ).toBeLessThan(1e-4)
    expect(side.loss).toBeCloseTo(pass.loss!, 5)
    expect([...side.best.data]).toEqual(argmaxRows(pass.logits.data, m.config.vocab))
  }
  const after = logProbabilities(edited.logits.data.slice(-m.config.vocab))
  for (const t of next.tokens) expect(Math.abs(t.after - after[t.id]!)).toBeLessThan(1e-4)
  expect(
    next.tokens
      .filter(t => t.among.after)
      .map(t => t.id)
      .sort(),
  ).toEqual(edited.passes[0]!.top.map(t => t.id).sort())
  expect(next.tokens.at(-1)!.id).toBe(7)
  const changes = await call('changes', { ids, edits })
  expect(largest(changes.z.data, changesByHand(clean.get('z'), edited.get('z')))).toBeLessThan(1e-4)
  const heads = [
    { layer: 0, head: 1 },
    { layer: 4, head: 2 },
    { layer: 7, head: 0 },
  ]
  const { pattern } = await call('patterns', { ids, edits, heads })
  const whole = edited.get('pattern').data
  const size = ids.length ** 2
  for (const [i, { layer, head }] of heads.entries())
    expect(
      largest(
        pattern.data.subarray(i * size, (i + 1) * size),
        whole.subarray((layer * 8 + head) * size, (layer * 8 + head + 1) * size),
      ),
    ).toBeLessThan(1e-5)
})

test('a text of several blocks has the patterns of the whole pass, and tiles are means and maxima of them', async () => {
  const ids = await long()
  const edits: EditInput[] = [
    off(2, 3),
    { do: 'scale', by: 0.3, at: at('k', 6), groups: [5], positions: [17, 300] },
    { do: 'knockout', at: at('scores', 6), heads: [5], queries: [299, 390], keys: [0, 280] },
  ]
  const run = await m.run(ids, { capture: ['pattern@6', 'pattern@1'], edits })
  const T = ids.length
  for (const [layer, head] of [
    [6, 5],
    [1, 0],
  ] as const) {
    const exact = run.get(`pattern@${layer}`).data.subarray(head * T * T, (head + 1) * T * T)
    const { pattern } = await call('patterns', { ids, edits, heads: [{ layer, head }] })
    expect(largest(pattern.data, exact)).toBeLessThan(1e-5)
    const of = { queries: [3, 299, 299, 390] }
    const { weight } = await call('attention', { ids, edits, heads: [{ layer, head }], of })
    const rows = [3, 299, 390].map(q => exact.subarray(q * T, (q + 1) * T))
    expect(
      largest(
        weight.data,
        rows[0]!.map((x, k) => (x + rows[1]![k]! + rows[2]![k]!) / 3),
      ),
    ).toBeLessThan(1e-5)
    const to = (await call('attention', { ids, edits, heads: [{ layer, head }], of: { keys: [0, 280] } })).weight
    expect(
      largest(
        to.data,
        Float32Array.from({ length: T }, (_, q) => exact[q * T]! + exact[q * T + 280]!),
      ),
    ).toBeLessThan(1e-5)
    for (const level of [0, 1, 3, 5, 9])
      for (const [row, column] of level === 0
        ? [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
          ]
        : [[0, 0]]) {
        const tile = await call('tile', { ids, edits, layer, head, level, row, column })
        const expected = tileByHand(exact, T, level, row!, column!)
        expect(tile.mean.shape).toEqual(expected.shape)
        expect(largest(tile.mean.data, expected.mean)).toBeLessThan(1e-5)
        expect(largest(tile.max.data, expected.max)).toBeLessThan(1e-5)
      }
  }
})

test('scores before mask and softmax are those of the whole pass, in blocks and in tiles, with edits', async () => {
  const cut = Number.NEGATIVE_INFINITY
  const all = await long()
  const edits: EditInput[] = [
    { do: 'temperature', tau: 2, at: at('scores', 6), heads: [5] },
    { do: 'bias', by: 1.5, at: at('scores', 6), heads: [5], keys: [3] },
    { do: 'knockout', at: at('scores', 6), heads: [5], queries: [50, 51], keys: [0, 1, 20] },
  ]
  for (const ids of [all.slice(0, 60), all]) {
    const T = ids.length
    const run = await m.run(ids, { capture: ['scores@6'], edits })
    const captured = run.get('scores@6').data.subarray(5 * T * T, 6 * T * T)
    const exact = captured.map((x, i) => (i % T > Math.floor(i / T) ? Number.NaN : x))
    expect(exact[51 * T + 1]).toBe(cut)
    const { pattern } = await call('patterns', { ids, edits, heads: [{ layer: 6, head: 5 }], site: 'scores' })
    expect(furthest(pattern.data, exact)).toBeLessThan(1e-4)
    for (const level of [0, 1, 3, 5, 9]) {
      const place = { layer: 6, head: 5, level, row: 0, column: 0 }
      const tile = await call('tile', { ids, edits, site: 'scores', ...place })
      const [h = 0, w = 0] = tile.max.shape
      const cell = 2 ** level
      const [mean, most] = [new Float32Array(h * w), new Float32Array(h * w)]
      for (let i = 0; i < h * w; i++) {
        const [top, left] = [Math.floor(i / w) * cell, (i % w) * cell]
        const inside: number[] = []
        for (let q = top; q < Math.min(T, top + cell); q++)
          for (let k = left; k < Math.min(q + 1, left + cell); k++) inside.push(exact[q * T + k]!)
        const finite = inside.filter(Number.isFinite)
        mean[i] = finite.reduce((s, x) => s + x, 0) / finite.length
        const far = finite.reduce((a, x) => (Math.abs(x) > Math.abs(a) ? x : a), 0)
        most[i] = finite.length > 0 ? far : (inside[0] ?? Number.NaN)
      }
      expect(furthest(tile.mean.data, mean)).toBeLessThan(1e-4)
      // Where two are equally far either may stand for the cell.
      expect(furthest(tile.max.data.map(Math.abs), most.map(Math.abs))).toBeLessThan(1e-4)
      if (level === 0) expect(furthest(tile.max.data, most)).toBeLessThan(1e-4)
    }
  }
  // Under an edit of what comes later the scores are the clean ones.
  const ids = all.slice(0, 60)
  const heads = [{ layer: 6, head: 5 }]
  const { pattern } = await call('patterns', { ids, edits: [off(6, 5)], heads, site: 'scores' })
  const clean = await call('patterns', { ids, heads, site: 'scores' })
  expect(furthest(pattern.data, clean.pattern.data)).toBeLessThan(1e-5)
})

test('a long text has the predictions of the whole pass, computed in segments with progress', async () => {
  const ids = await long()
  const edits = [off(3, 2)]
  const seen: number[] = []
  const next = (await service.call('next', { ids, edits }, { onProgress: p => seen.push(p.done) })) as Result<'next'>
  const run = await m.run(ids, { edits })
  expect(next.after!.loss).toBeCloseTo(run.passes[0]!.loss!, 5)
  expect(
    next.tokens
      .filter(t => t.among.after)
      .map(t => t.id)
      .sort(),
  ).toEqual(run.passes[0]!.top.map(t => t.id).sort())
  // The clean pass may be at hand already; the edited one has three segments from layer 3 on.
  expect(seen.length).toBeGreaterThan(2)
  const clean = await m.run(ids, { capture: ['z'] })
  const z = await m.run(ids, { capture: ['z'], edits })
  expect(
    largest((await call('changes', { ids, edits })).z.data, changesByHand(clean.get('z'), z.get('z'))),
  ).toBeLessThan(1e-4)
})

test('metric gives the numbers of single passes, a run without edits the clean one', async () => {
  const ids = await idsOf(TEXT)
  const runs = [[off(6, 5)], [], [off(6, 1), off(6, 5)]]
  const { clean, values } = await call('metric', { ids, runs, read: { metric: 'loss' } })
  for (const [i, edits] of runs.entries())
    expect(values[i]).toBeCloseTo((await m.run(ids, { edits })).passes[0]!.loss!, 4)
  expect(values[1]).toBe(clean)
})

test('tokens have the spans of the text, also where one character is several tokens', async () => {
  const text = 'Tom: naïve 🪁 kite\n<|endoftext|> end'
  const { ids, tokens } = await call('tokens', { text })
  expect(tokens[0]).toMatchObject({ id: 0, special: true, span: [0, 0] })
  const pieces = tokens.slice(1).map(t => text.slice(...t.span!))
  expect(pieces.filter((_, i) => i === 0 || tokens[i + 1]!.span![0] !== tokens[i]!.span![0]).join('')).toBe(text)
  expect(pieces).toContain('<|endoftext|>')
  expect((await call('tokens', { ids })).tokens.map(t => t.text)).toEqual(tokens.map(t => t.text))
})

test('both continuations are those of generation', async () => {
  const ids = await idsOf(TEXT)
  const edits = [off(4, 2), off(4, 0)]
  const sides: Record<string, number[]> = { before: [], after: [] }
  let ends = 0
  for await (const piece of service.generate({ ids, edits, maxTokens: 8 }))
    if ('end' in piece) ends++
    else if (piece.id !== null) sides[piece.side]!.push(piece.id)
  expect(ends).toBe(2)
  const after = (list: EditInput[]) => m.generation(ids, { maxTokens: 8, edits: list })
  expect([...ids, ...sides.before!]).toEqual((await after([])).tokens)
  expect([...ids, ...sides.after!]).toEqual((await after(edits)).tokens)
})

test('a continuation is drawn as the library draws it', async () => {
  const ids = await idsOf(TEXT)
  const o = { maxTokens: 12, temperature: 1.5, topK: 8, topP: 0.9, seed: 4 }
  const drawn: number[] = []
  for await (const piece of service.generate({ ids, ...o }))
    if (!('end' in piece) && piece.id !== null) drawn.push(piece.id)
  expect([...ids, ...drawn]).toEqual((await m.generation(ids, o)).tokens)
})

test('scores and ablation are those of the library', async () => {
  const ids = await idsOf(TEXT)
  const { grids } = await call('scores', { detectors: ['induction', 'sink'], prompts: [[...ids, ...ids]] })
  expect(grids).toEqual(await m.scores(['induction', 'sink'], { prompts: [[...ids, ...ids]] }))
  const { grid, clean } = await call('ablate', { mode: 'zero', on: { prompts: [ids] } })
  expect(grid).toEqual(await m.ablate({ mode: 'zero', prompts: [ids] }))
  const cut = await call('knockout', { ids, edits: [off(6, 5)], next: 7 })
  expect(cut.grid).toEqual(await m.knockout({ prompts: [ids], by: 'key', edits: [off(6, 5)], next: [7] }))
  const { logits } = await m.run(ids, { edits: [off(6, 5)] })
  expect(cut.clean).toBeCloseTo(logProbabilities(logits.data.slice(-m.config.vocab))[7]!, 4)
  await expect(call('knockout', { ids, next: 4096 })).rejects.toMatchObject({ code: 'token-id', where: 'next' })
  expect(clean).toBeCloseTo((await m.run(ids)).passes[0]!.loss!, 4)
})

test('info tells the sizes and the special tokens', async () => {
  const info = await call('info', {})
  expect(info).toMatchObject({
    layers: 8,
    heads: 8,
    groups: 8,
    context: 512,
    vocab: 4096,
    firstToken: 0,
    specimen: true,
  })
  expect(info.specialTokens).toContainEqual({ id: 0, text: '<|endoftext|>' })
  expect(info.detectors.map(d => d.id)).toContain('induction')
})

test.each([
  ['next', { ids: [4096] }, 'token-id', /tokens\[0\]/],
  ['next', { ids: Array(513).fill(1) }, 'prompt-too-long', /tokens/],
  ['next', { ids: [1], edits: [off(8, 0)] }, 'edit', /edits\[0\].at.layer/],
  ['next', { ids: [1], edits: [off(0, 8)] }, 'edit', /edits\[0\].heads/],
  ['next', { ids: [1], edits: [{ do: 'zero', at: at('k', 0), heads: [1] }] }, 'edit', /edits\[0\].heads/],
  ['next', { ids: [1], edits: [{ ...off(0, 1), positions: [5] }] }, 'edit', /edits\[0\].positions/],
  ['next', { ids: [1], watch: [9999] }, 'token-id', /watch\[0\]/],
  [
    'next',
    { ids: [1], edits: [{ do: 'set', at: at('z', 0), value: { file: 'a.safetensors', tensor: 'x' } }] },
    'params-value',
    /edits\[0\].value/,
  ],
  ['next', { ids: [] }, 'params-value', /ids/],
  ['next', { ids: [1.5] }, 'params-type', /ids\[0\]/],
  ['next', { ids: [-1] }, 'params-value', /ids\[0\]/],
  ['next', { ids: [2 ** 53 + 2] }, 'params-value', /ids\[0\]/],
  ['next', { ids: ['Tom', 3] }, 'params-type', /ids\[0\]/],
  ['next', { ids: [1], tops: 3 }, 'params-unknown-key', /^$/],
  ['tokens', { ids: [[]] }, 'params-type', /ids/],
  ['tokens', { text: 'a\ud800b' }, 'params-text', /text/],
  ['patterns', { ids: [1], heads: [{ layer: 8, head: 0 }] }, 'view', /heads\[0\].layer/],
  ['edge', { ids: [1, 2], layer: 8, head: 0, query: 1, key: 0 }, 'view', /layer/],
  ['edge', { ids: [1, 2], layer: 0, head: 0, query: 2, key: 0 }, 'view', /query/],
  ['edge', { ids: [1, 2], layer: 0, head: 0, query: 0, key: 1 }, 'view', /key/],
  ['patterns', { ids: [1], heads: [{ layer: 0, head: 8 }] }, 'view', /heads\[0\].head/],
  ['patterns', { ids: Array(300).fill(1), heads: Array(64).fill({ layer: 0, head: 0 }) }, 'view', /heads/],
  ['attention', { ids: [1], heads: [{ layer: 0, head: 0 }], of: { queries: [1] } }, 'view', /of.queries/],
  ['tile', { ids: [1, 2], layer: 0, head: 0, level: 0, row: 1, column: 0 }, 'view', /row/],
  ['scores', { detectors: ['inductoin'] }, 'detector-unknown', /detector/],
  [
    'metric',
    { ids: [1, 2], runs: [[]], read: { metric: 'logit_diff', answers: [5000], distractors: [1] } },
    'reading',
    /answers/,
  ],
] as const)('%s refuses wrong parameters by name, case %#', async (verb, params, code, where) => {
  await expect(service.call(verb, params)).rejects.toMatchObject({
    name: 'HeadwiseError',
    code,
    fault: 'usage',
    where: expect.stringMatching(where),
    message: expect.stringMatching(/^\S+( \S+)*\.$/s),
  })
})

test('an aborted call stops, and the next one is whole', async () => {
  const ids = (await long()).slice(1)
  const stop = new AbortController()
  const first = service.call('next', { ids }, { signal: stop.signal, onProgress: () => stop.abort() })
  await expect(first).rejects.toMatchObject({ code: 'interrupted' })
  expect((await call('next', { ids })).tokens.length).toBe(10)
})

/** The largest difference of two lists that have NaN and −∞ at the same places; infinite where they have not. */
function furthest(a: Float32Array, b: Float32Array): number {
  const same = a.length === b.length && a.every((x, i) => Number.isFinite(x) || Object.is(x, b[i]))
  const only = (x: number): number => (Number.isFinite(x) ? x : 0)
  return same ? largest(a.map(only), b.map(only)) : Number.POSITIVE_INFINITY
}

function argmaxRows(logits: Float32Array, vocab: number): number[] {
  return Array.from({ length: logits.length / vocab }, (_, t) => {
    const row = logits.subarray(t * vocab, (t + 1) * vocab)
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
  })
}

function logProbabilities(logits: Float32Array): number[] {
  const largest = Math.max(...logits)
  const norm = largest + Math.log(logits.reduce((s, x) => s + Math.exp(x - largest), 0))
  return Array.from(logits, x => x - norm)
}

/** z [layer, position, head, dimension] → relative norm of the change, [layer, head]. */
function changesByHand(a: { shape: readonly number[]; data: Float32Array }, b: { data: Float32Array }): Float32Array {
  const [layers, time, heads, size] = a.shape as [number, number, number, number]
  return Float32Array.from({ length: layers * heads }, (_, i) => {
    let [moved, norm] = [0, 0]
    for (let t = 0; t < time; t++)
      for (let d = 0; d < size; d++) {
        const cell = ((Math.floor(i / heads) * time + t) * heads + (i % heads)) * size + d
        moved += (b.data[cell]! - a.data[cell]!) ** 2
        norm += a.data[cell]! ** 2
      }
    return Math.sqrt(moved / norm)
  })
}

function tileByHand(pattern: Float32Array, T: number, level: number, row: number, column: number) {
  const cell = 2 ** level
  const side = Math.ceil(T / cell)
  const [h, w] = [Math.min(256, side - row * 256), Math.min(256, side - column * 256)]
  const mean: number[] = []
  const max: number[] = []
  for (let i = row * 256; i < row * 256 + h; i++)
    for (let j = column * 256; j < column * 256 + w; j++) {
      const all: number[] = []
      for (let q = i * cell; q < Math.min(T, (i + 1) * cell); q++)
        for (let k = j * cell; k < Math.min(T, (j + 1) * cell); k++) all.push(pattern[q * T + k]!)
      mean.push(all.reduce((s, x) => s + x, 0) / all.length)
      max.push(all.reduce((a, b) => Math.max(a, b), 0))
    }
  return { shape: [h, w], mean, max }
}
