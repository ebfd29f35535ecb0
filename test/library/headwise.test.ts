import '../support/allclose.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Headwise, load } from '../../src/index.ts'
import { gridValues } from '../../src/results/grid.ts'
import { checkEdits } from '../../src/results/input.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import { tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const TEXT = 'Tom saw a cat. The cat saw Tom.'
let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})

describe('run', () => {
  test('one prompt: a document that reads back, captures by name', async () => {
    const { document, passes } = await m.run(TEXT, { capture: ['pattern', 'z@6', 'logits'], attended: true })
    const [pass] = passes
    const { layers, heads, headDim, vocab } = m.config
    const time = pass!.ids.length
    expect(pass!.get('pattern').shape).toEqual([layers, heads, time, time])
    expect(pass!.get('z@6').shape).toEqual([time, heads, headDim])
    expect(pass!.get('logits').shape).toEqual([time, vocab])
    expect(document).toMatchObject({ kind: 'run', tokens: pass!.ids, loss: pass!.loss })
    expect(document.spec.request).toMatchObject({
      command: 'run',
      model: 'specimen',
      prompts: [{ ids: pass!.ids, text: TEXT }],
      method: { parameters: { sites: ['pattern', 'z@6', 'logits'] } },
    })
    expect(readResult(toJson(document), 'r.json')).toEqual(JSON.parse(toJson(document)))
    for (const { layer, head, key, weight } of 'heads' in document ? (document.heads ?? []) : []) {
      const row = ((layer * heads + head) * time + time - 1) * time
      expect(pass!.get('pattern').data[row + key]).toBe(weight)
    }
    expect('heads' in document && document.heads?.length).toBeGreaterThan(0)
  })

  test('what was not captured is not there, and a site that is none has a nearest one', async () => {
    const { passes } = await m.run(TEXT, { capture: ['z'] })
    const get = (name: string) => refusal(() => passes[0]!.get(name))
    expect(await get('q')).toMatchObject({ code: 'capture-missing', where: 'q@0' })
    expect((await get('pattrn')).message).toContain('pattern')
    expect(passes[0]!.get('z@3').shape).toHaveLength(3)
  })

  test.each([
    ['zz', 'capture'],
    ['z@8', 'capture'],
    ['z@-1', 'capture'],
    ['z@1@2', 'capture'],
    ['logits@0', 'capture'],
  ])('capture %s is refused', async (name, code) => {
    expect(await refusal(() => m.run(TEXT, { capture: [name] }))).toMatchObject({ code, fault: 'usage', where: name })
  })

  test('several prompts: each as alone, samples count them, the loss is the mean of their means', async () => {
    const edits = checkEdits([{ do: 'zero', at: { site: 'z', layer: 2 }, samples: [1] }], 'e')
    const prompts = [TEXT, 'Once upon a time', [5]]
    const { document, passes } = await m.run(prompts, { edits })
    const clean = await Promise.all(prompts.map(async p => (await m.run(p)).passes[0]!))
    expect(passes[0]!.logits).toBeAllclose(clean[0]!.logits, { atol: 1e-5 })
    expect(passes[1]!.logits).not.toBeAllclose(clean[1]!.logits, { atol: 1e-2 })
    expect(passes[2]!.loss).toBeNull()
    if (!('runs' in document)) throw new Error('no list of runs')
    expect(document.runs).toHaveLength(3)
    expect(document.loss).toBeCloseTo((passes[0]!.loss! + passes[1]!.loss!) / 2, 9)
  })

  test('a sink for each prompt', async () => {
    const seen: string[] = []
    const sink = (prompt: number) => async (at: { layer: number }) => void seen.push(`${prompt}: ${at.layer}`)
    await m.run([TEXT, 'Tom'], { capture: ['z@1'], sink })
    expect(seen).toEqual(['0: 1', '1: 1'])
  })

  test('nothing to run is refused', async () => {
    expect(await refusal(() => m.run([]))).toMatchObject({ code: 'prompt-empty', fault: 'usage' })
    expect(await refusal(() => m.run([4096]))).toMatchObject({ code: 'token-id', found: 4096, allowed: 4095 })
  })
})

describe('scores', () => {
  test('without prompts: 4 sequences of 50 tokens said twice, the same for the same seed', async () => {
    const [one, again, other] = await Promise.all([
      m.scores(['induction'], { seed: 1 }),
      m.scores(['induction'], { seed: 1 }),
      m.scores(['induction'], { seed: 2 }),
    ])
    expect(one).toEqual(again)
    expect(other[0]!.values).not.toEqual(one[0]!.values)
    const { prompts } = one[0]!.spec.request
    expect(prompts.map(p => p.ids.length)).toEqual([101, 101, 101, 101])
    for (const { ids } of prompts) {
      expect(ids[0]).toBe(0)
      expect(ids.slice(1, 51)).toEqual(ids.slice(51))
      expect(new Set(ids).size).toBe(51)
    }
    const { data } = gridValues(one[0]!)
    expect(data[6 * 8 + 5]).toBeGreaterThan(0.8)
    expect(one[0]!.n).toBe(4)
  })
  test('prompts without a row that counts are told of', async () => {
    expect(await refusal(() => m.scores(['duplicate'], { prompts: [[1, 2, 3]] }))).toMatchObject({
      code: 'scores-empty',
    })
    const [grid] = await m.scores(['duplicate'], {
      prompts: [
        [1, 2, 3],
        [4, 5, 4],
      ],
    })
    expect([grid!.n, grid!.low]).toEqual([1, undefined])
  })
  test('no detector is refused', async () => {
    expect(await refusal(() => m.scores([]))).toMatchObject({ code: 'scores-empty', fault: 'usage', found: 0 })
  })
  test('an unknown detector is refused before anything runs', async () => {
    expect(await refusal(() => m.scores(['inducton']))).toMatchObject({ code: 'detector-unknown' })
  })
})

describe('ablate', () => {
  test('the price before the run, then the grid with its interval', async () => {
    const planned = await m.planAblation({ mode: 'zero', prompts: [TEXT, 'Once upon a time, there was a lamp'] })
    expect(planned.plan.flops).toBeLessThan(planned.plan.naiveFlops)
    const { document: grid, clean } = await planned.execute()
    expect([Number.isFinite(clean), grid.n, grid.axes.map(a => a.name)]).toEqual([true, 2, ['layer', 'head']])
    const { data } = gridValues(grid)
    expect([...data].every(Number.isFinite)).toBe(true)
    expect(grid.low).toBeDefined()
  })
  test.each<[string, Parameters<Headwise['ablate']>[0], string]>([
    ['nothing to measure on', { mode: 'zero' }, 'subject-empty'],
    ['a mean over other prompts of one', { mode: 'mean', reference: 'others', prompts: [TEXT, TEXT] }, 'baseline'],
    ['a text of one token', { mode: 'zero', prompts: [[5]] }, 'subject-short'],
    ['a baseline that nobody knows', { mode: 'zeor' as 'zero', prompts: [TEXT] }, 'baseline'],
    ['no baseline', { prompts: [TEXT] } as never, 'baseline'],
  ])('%s is refused', async (_, o, code) => {
    expect(await refusal(() => m.ablate(o))).toMatchObject({ code, fault: 'usage' })
  })
})

describe('load', () => {
  test('a device that nobody knows is refused, not taken for the processor', async () => {
    const error = await refusal(() => load('specimen', { device: 'gpu' as 'cpu' }))
    expect(error).toMatchObject({ code: 'device', fault: 'usage', found: 'gpu' })
  })
  test.each([0, 1.5, -1, 1025, Number.NaN])('threads %s is refused', async threads => {
    expect(await refusal(() => load('specimen', { threads }))).toMatchObject({ code: 'threads', fault: 'usage' })
  })
  test('the reference evaluator gives the same numbers', async () => {
    await using slow = await load(tiny('tied'), { device: 'reference' })
    await using fast = await load(tiny('tied'), { threads: 1 })
    const ids = [3, 1, 4, 1, 5]
    const { runSequence } = await import('../../src/runs/run.ts')
    const [a, b] = await Promise.all([slow, fast].map(x => runSequence(x.engine, ids, { allLogits: true })))
    expect(a!.logits).toBeAllclose(b!.logits, { atol: 1e-5 })
  })
  test('it may be disposed of twice', async () => {
    const closed = await load(tiny('tied'), { threads: 1 })
    await closed[Symbol.asyncDispose]()
    await closed[Symbol.asyncDispose]()
  })
})

test('nothing is written but in the cache', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headwise-cwd-'))
  const before = process.cwd()
  process.chdir(folder)
  try {
    await m.generation('Once', { maxTokens: 2 })
    const { readdirSync } = await import('node:fs')
    expect(readdirSync(folder)).toEqual([])
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  }
})
