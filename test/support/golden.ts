import { expect } from 'vitest'
import type { Headwise } from '../../src/library/headwise.ts'
import { gridValues } from '../../src/results/grid.ts'
import { generate } from '../../src/runs/generate.ts'
import { f32, type NDArray } from '../../src/words/arrays.ts'
import { json, tensors } from './models.ts'

interface LogitsGolden {
  readonly name: string
  readonly ids: number[]
  readonly mean_loss: number
  readonly top10: [number, number][]
  readonly greedy32: number[]
}
/** Tolerances of the first release, absolute. */
const LOGITS = 1e-3
const LOSS = 6e-5
const INTERNALS = { pattern: 5e-5, z: 2e-4, q: 5e-4, k: 5e-4, v: 5e-4, attn_out: 2e-3 } as const
const RELATIVE = 1e-5
const SCORES = 3e-5
const ENTROPY = 1e-4
const ABLATION = 2e-5

/** Logits after the last token, mean loss and the ten most likely tokens of every golden prompt. */
export async function checkLogits(m: Headwise, folder: string): Promise<void> {
  const finals = await tensors(`${folder}/logits.safetensors`)
  for (const [i, g] of json<LogitsGolden[]>(`${folder}/logits.json`).entries()) {
    const { passes } = await m.run(g.ids, { allLogits: i === 0 })
    const { logits, loss, top } = passes[0]!
    const { vocab } = m.config
    if (i === 0) expect(logits).toBeAllclose(finals(`logits.${g.name}`), { atol: LOGITS })
    const last = f32([vocab], logits.data.slice(-vocab))
    expect(last).toBeAllclose(finals(`final_logits.${g.name}`), { atol: LOGITS })
    expect(Math.abs(loss! - g.mean_loss)).toBeLessThan(LOSS)
    expect(top.map(t => t.id)).toEqual(g.top10.map(([id]) => id))
    for (const [j, [, logprob]] of g.top10.entries()) expect(Math.abs(top[j]!.logprob - logprob)).toBeLessThan(LOGITS)
  }
}

/** 32 greedy tokens of every golden prompt, end tokens ignored. */
export async function checkGreedy(m: Headwise, folder: string): Promise<void> {
  for (const { ids, greedy32, name } of json<LogitsGolden[]>(`${folder}/logits.json`)) {
    const found: number[] = []
    for await (const { id } of generate(m.engine, ids, { maxTokens: 32, temperature: 0, seed: 0, endTokens: [] }))
      found.push(id)
    expect(found, name).toEqual(greedy32)
  }
}

/** Per row of the last axis: ‖found − expected‖ / ‖expected‖. */
function largestRelative(found: NDArray<'f32'>, expected: NDArray<'f32'>): number {
  expect(found.shape).toEqual(expected.shape)
  const width = expected.shape.at(-1)!
  let worst = 0
  for (let row = 0; row < expected.data.length; row += width) {
    let [off, size] = [0, 0]
    for (let i = row; i < row + width; i++) {
      off += (found.data[i]! - expected.data[i]!) ** 2
      size += expected.data[i]! ** 2
    }
    worst = Math.max(worst, Math.sqrt(off / size))
  }
  return worst
}

/** Every site of the golden text; SmolLM2's residual holds values above 20,000, so that streams compare relatively. */
export async function checkInternals(m: Headwise, folder: string): Promise<void> {
  const { ids } = json<{ ids: number[] }>(`${folder}/internals.json`)
  const expected = await tensors(`${folder}/internals.safetensors`)
  const end = `resid_post@${m.config.layers - 1}`
  const capture = [...Object.keys(INTERNALS), 'resid_pre', 'mlp_out', end]
  const pass = (await m.run(ids, { capture })).passes[0]!
  for (const [site, atol] of Object.entries(INTERNALS))
    expect(pass.get(site), site).toBeAllclose(expected(site === 'pattern' ? 'patterns' : site), { atol })
  for (const [site, name] of [
    ['resid_pre', 'resid_pre'],
    ['mlp_out', 'mlp_out'],
    [end, 'resid_post_last'],
  ] as const)
    expect(largestRelative(pass.get(site), expected(name)), site).toBeLessThan(RELATIVE)
}

/** Detector scores of the golden sequences. */
export async function checkScores(m: Headwise, folder: string): Promise<void> {
  const { ids } = json<{ ids: number[][] }>(`${folder}/head_scores.json`)
  const expected = await tensors(`${folder}/head_scores.safetensors`)
  const names = { previous: 'diag_previous', duplicate: 'diag_duplicate', induction: 'diag_induction' }
  const wanted = { ...names, sink: 'sink', entropy: 'entropy' }
  const grids = await m.scores(Object.keys(wanted), { prompts: ids })
  for (const [i, [id, name]] of Object.entries(wanted).entries()) {
    const { shape, data } = gridValues(grids[i]!)
    const atol = id === 'entropy' ? ENTROPY : SCORES
    expect(f32(shape, Float32Array.from(data)), id).toBeAllclose(expected(name), { atol })
  }
}

/** Loss with single heads removed minus the clean loss, for the heads of the given layers. */
export async function checkAblation(m: Headwise, folder: string, mode: 'zero' | 'mean'): Promise<void> {
  const { ids } = json<{ ids: number[] }>(`${folder}/ablation.json`)
  const expected = (await tensors(`${folder}/ablation.safetensors`))(`${mode}_delta`)
  const { shape, data } = gridValues(await m.ablate({ mode, prompts: [ids] }))
  expect(f32(shape, Float32Array.from(data))).toBeAllclose(expected, { atol: ABLATION })
}
