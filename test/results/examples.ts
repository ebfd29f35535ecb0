import { gridOf } from '../../src/results/grid.ts'
import { specOf } from '../../src/results/spec.ts'
import type { Routes } from '../../src/words/routes.ts'
import type { Generation, Run } from '../../src/words/run.ts'
import type { Check, Request } from '../../src/words/spec.ts'
import type { TaskResult } from '../../src/words/task-result.ts'
import type { Writes } from '../../src/words/writes.ts'

export const request: Request = {
  command: 'ablate',
  model: 'specimen',
  prompts: [{ ids: [0, 5, 9], text: 'one two' }, { ids: [3] }],
  edits: [
    { do: 'zero', at: { site: 'z', layer: 1, stack: 'decoder' }, heads: [0] },
    { do: 'set', value: { file: 'v.safetensors', tensor: 'v' }, at: { site: 'z', layer: 0, stack: 'decoder' } },
  ],
  method: { id: 'zero-ablation', version: 1, parameters: { metric: 'loss' } },
  seed: 7,
  threads: 2,
  device: 'cpu',
}
export const facts: Omit<Check, 'promptsHash'> = {
  modelHash: 'm'.repeat(64),
  tokenizerHash: 't'.repeat(64),
  files: { 'v.safetensors': 'f'.repeat(64) },
  dropped: [],
  backend: 'onnxruntime-node 1.30.0',
  dtype: 'f32',
  version: '0.1.0',
}
export const spec = specOf(request, facts)

export const headMap = gridOf({
  axes: [{ name: 'layer' }, { name: 'head', labels: ['=a', 'b "quoted"', '-c'] }],
  shape: [2, 3],
  values: Float32Array.of(0.1, -2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-30),
  low: Float64Array.of(0, -3, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, 0),
  high: Float64Array.of(1, -1, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, 1),
  n: Uint32Array.of(4, 4, 0, 1, 4, 4),
  metric: 'loss',
  higherIsBetter: false,
  spec,
})

export const run: Run = {
  kind: 'run',
  tokens: [0, 5, 9],
  loss: 3.25,
  top: [
    { id: 4, token: '=SUM(A1)', logprob: -0.5 },
    { id: 5, token: '"a"\r\nb,\u202e', logprob: Number.NEGATIVE_INFINITY },
    { id: 6, token: 'NaN', logprob: Number.NaN },
  ],
  heads: [{ layer: 1, head: 0, key: 0, token: '\u001b[31m', weight: 0.75 }],
  spec,
}

const { kind: _kind, spec: _spec, ...pass } = run as Extract<Run, { tokens: number[] }>
export const runs: Run = { kind: 'run', loss: null, runs: [pass, { tokens: [3], loss: null, top: [] }], spec }

export const generation: Generation = { kind: 'generation', tokens: [0, 5], text: 'two', tokensPerSecond: 41.5, spec }

export const writes: Writes = {
  ...{ kind: 'writes', of: { mlp: 1 }, position: 2, token: '=x' },
  raises: [{ id: 4, token: '=SUM(A1)', logits: 1.5 }],
  lowers: [{ id: 5, token: '\u202e', logits: Number.NEGATIVE_INFINITY }],
  mean: Number.NaN,
  neurons: [{ neuron: 3, activation: -0.5, length: 2 }],
  spec,
}
export const lens: Writes = {
  ...{ kind: 'writes', of: { residual: 'resid_mid', layer: 1 }, position: 0, token: 'a' },
  ...{ raises: [], lowers: [], mean: 0, lens: [{ id: 4, token: 'b', logit: 9, logprob: -0.25 }], spec },
}

const [post, mid] = (['resid_post', 'resid_mid'] as const).map(site => ({ site, layer: 0, position: 1 }))
export const routes: Routes = {
  ...{ kind: 'routes', position: 1, tokens: ['=a', ' b'], threshold: 0.25 },
  nodes: [post!, mid!, { site: 'resid_pre', layer: 0, position: 0 }],
  edges: [
    { part: 'mlp', from: mid!, to: post!, contribution: 0.75 },
    { part: 'head', head: 2, from: { site: 'resid_pre', layer: 0, position: 0 }, to: mid!, contribution: 0.5 },
  ],
  notDrawn: 0.375,
  spec,
}

export const tasks: TaskResult[] = [
  {
    ...{ kind: 'task', id: 'set/names', title: 'who is meant', form: 'next', metric: 'logit_diff' },
    ...{ higherIsBetter: true, prompts: 8, dropped: ['prompts[3]: two tokens'], notes: ['8 of 9 rows drawn'] },
    accuracy: { mean: 0.75, low: 0.5, high: 1, n: 8 },
    ...{ chance: 0.5, can: false },
    value: { mean: 1.5, low: -0.25, high: Number.POSITIVE_INFINITY, n: 8 },
    spec,
  },
  { kind: 'task', id: '=years', title: 'later years', refused: 'No digit is a token.' },
]
