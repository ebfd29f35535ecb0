import { type GridParts, gridOf } from '../../src/results/grid.ts'
import { patternGrid } from '../../src/results/pattern-grid.ts'
import { specOf } from '../../src/results/spec.ts'
import type { Grid } from '../../src/words/grid.ts'
import type { Spec } from '../../src/words/spec.ts'
import { facts, request } from '../results/examples.ts'

export const specBy = (command: Spec['request']['command'], method: string, model = 'specimen'): Spec =>
  specOf({ ...request, command, model, method: { id: method, version: 1, parameters: {} } }, facts)

/** Numbers that look random and are the same everywhere. */
export const noise = (i: number): number => (((i * 7919) % 997) / 997) * 2 - 1

const scores = (about: Partial<GridParts> = {}): Grid =>
  gridOf({
    axes: [{ name: 'layer' }, { name: 'head' }],
    shape: [3, 4],
    values: Float64Array.from({ length: 12 }, (_, i) => (i === 6 ? 0.92 : i === 9 ? Number.NaN : 0.02 * i)),
    n: 4,
    metric: 'mean attention to the previous token',
    spec: specBy('scores', 'previous'),
    ...about,
  })
export const headMap = scores()

const effects = Float64Array.from({ length: 12 }, (_, i) => (i === 2 ? -6.5 : i === 8 ? 2.25 : noise(i) / 4))
export const ablation = scores({
  values: effects,
  low: effects.map((x, i) => (i === 11 ? Number.NaN : x - 0.6)),
  high: effects.map((x, i) => (i === 11 ? Number.NaN : x + 0.6)),
  metric: 'logit_diff, head removed (zero) minus clean',
  spec: specBy('ablate', 'ablate-zero'),
})

/** Item 100 of what is never trusted, as the tokens of a prompt. */
export const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  ']]></metadata><script>',
  '\u202eevil',
  '\u001b[31mred',
  '\ud800 & \uffff\u0000',
] as const

export const patch = gridOf({
  axes: [{ name: 'layer' }, { name: 'position', labels: ['<|endoftext|>', 'When', ' Tom', '\n', ' 漢字', ' gave'] }],
  shape: [4, 6],
  values: Float64Array.from({ length: 24 }, (_, i) =>
    i % 6 === 2 && i < 12 ? 0.9 : i % 6 === 5 && i > 12 ? 0.8 : noise(i) / 20,
  ),
  n: 1,
  metric: 'recovery of logit_diff, resid_pre patched (denoising)',
  spec: specBy('patch', 'patch-resid_pre'),
})

const factors = [-2, -1, 0, 0.5, 1, 2, 3]
const loss = factors.map(x => 0.2 * (x - 1) ** 2)
export const curve = gridOf({
  axes: [{ name: 'step', unit: 'factor', labels: factors.map(String) }],
  shape: [7],
  values: loss,
  low: loss.map(x => x - 0.1),
  high: loss.map((x, i) => (i === 4 ? Number.NaN : x + 0.15)),
  n: Uint32Array.of(9, 9, 9, 8, 9, 9, 9),
  metric: 'loss, head 6.5 scaled minus clean, nats per token',
  spec: specBy('ablate', 'scale'),
})

export const controls = gridOf({
  axes: [{ name: 'method', labels: ['6.5, 6.1', '6.0, 6.2', '6.3, 6.4'] }],
  shape: [3],
  values: [4.2, 0.1, -0.05],
  low: [3.1, -0.1, -0.2],
  high: [5.2, 0.3, 0.1],
  n: 12,
  metric: 'loss, heads removed (zero) minus clean, nats per token',
  spec: specBy('ablate', 'ablate-zero'),
})

const sequence = ['<|endoftext|>', 'One', ' key', '.', '\n', ' key']
export const pattern = patternGrid({
  site: 'pattern',
  head: { layer: 6, head: 5 },
  tokens: sequence,
  level: 0,
  top: 0,
  left: 0,
  rows: 6,
  columns: 6,
  data: Float64Array.from({ length: 36 }, (_, i) => (i % 6 > i / 6 ? 0 : 1 / (1 + Math.floor(i / 6)))),
  spec: specBy('run', 'capture'),
})
export const words = gridOf({
  axes: [{ name: 'key', labels: sequence }],
  shape: [6],
  values: [Number.NaN, 0.01, 0.62, 0.04, 0.03, 0.3],
  n: 1,
  metric: 'attention from “ key” at 5, head 6.5, share of attention',
  spec: specBy('run', 'capture'),
})
export const next = gridOf({
  axes: [
    { name: 'method', labels: ['without the edits', 'with them'] },
    { name: 'column', labels: [' key', ' piano', '\n'] },
  ],
  shape: [2, 3],
  values: [0.825, 0.0187, 0.001, 0.0253, 0.0041, 0.12],
  n: 1,
  metric: 'next token after “ shiny”, share of probability',
  spec: specBy('run', 'capture'),
})

export const hostile = gridOf({
  axes: [{ name: 'layer' }, { name: 'position', labels: [...HOSTILE] }],
  shape: [1, HOSTILE.length],
  values: HOSTILE.map((_, i) => i),
  metric: `loss ${HOSTILE.join(' ')}`,
  spec: specOf(
    { ...request, command: 'patch', model: `/home/${HOSTILE[0]}`, prompts: HOSTILE.map(text => ({ ids: [1], text })) },
    facts,
  ),
})

/** Two layers of three heads over four tokens: the previous token, the first one, all of them evenly. */
const habits = [
  (q: number, k: number) => (k === Math.max(0, q - 1) ? 1 : 0),
  (_: number, k: number) => (k === 0 ? 0.9 : 0.1),
  (q: number) => 1 / (q + 1),
]
export const pictures = gridOf({
  axes: [{ name: 'layer' }, { name: 'head' }, { name: 'query' }, { name: 'key' }],
  shape: [2, 3, 4, 4],
  values: Float64Array.from({ length: 96 }, (_, i) => {
    const [h, q, k] = [Math.floor(i / 16) % 3, Math.floor(i / 4) % 4, i % 4]
    return k > q ? Number.NaN : habits[h]!(q, k)
  }),
  n: 1,
  metric: 'attention of every head, share of each row',
  spec: specBy('run', 'capture'),
})
