import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toJson } from '../../src/results/json.ts'
import { readResult, readResultFile } from '../../src/results/read.ts'
import type { Grid } from '../../src/words/grid.ts'
import { generation, headMap, lens, routes, run, runs, spec, tasks, writes } from './examples.ts'

const read = (value: unknown) => readResult(toJson(value), 'r.json')
const refusal = (text: string): unknown => {
  try {
    readResult(text, 'r.json')
  } catch (error) {
    return error
  }
  throw new Error('it was read')
}

test.each([
  ['a grid', headMap],
  ['a list of grids', [headMap, { ...headMap, metric: 'logit_diff' }]],
  ['a run', run],
  ['a run of several prompts', runs],
  ['a generation', generation],
  ['what a block writes', writes],
  ['what a residual predicts', lens],
  ['routes', routes],
  ['how a model does on tasks', tasks],
])('%s reads back equal', (_, result) => {
  expect(read(result)).toEqual(result)
  expect(readResult(new TextEncoder().encode(toJson(result)), 'r.json')).toEqual(result)
})

/** Each is the healthy grid but for one fault. */
const change = (edit: (grid: Grid) => unknown): unknown => edit(structuredClone(headMap))
const faults: [string, unknown, object][] = [
  [
    'routes of more layers than can be drawn',
    { ...routes, nodes: [{ ...routes.nodes[0], layer: 1e9 }] },
    { code: 'result-value', where: 'result.nodes[0].layer' },
  ],
  ['a task outside of a list', tasks[0], { code: 'result-kind', where: 'result.kind', found: 'task' }],
  ['a list of grids and tasks', [headMap, tasks[0]], { code: 'result-kind', where: 'result[1].kind', found: 'task' }],
  ['a list of tasks and grids', [tasks[1], headMap], { code: 'result-kind', where: 'result[1].kind', found: 'grid' }],
  [
    'a task whose spec was changed',
    [{ ...tasks[0], spec: { ...spec, hash: '0'.repeat(64) } }],
    { code: 'result-hash', where: 'result[0].spec.hash' },
  ],
  [
    'a newer spec',
    change(g => ({ ...g, shiny: 1, spec: { ...g.spec, version: 2 } })),
    { code: 'result-version', where: 'result.spec.version', found: 2 },
  ],
  [
    'an older spec',
    change(g => ({ ...g, spec: { ...g.spec, version: 0 } })),
    { where: 'result.spec.version', found: 0 },
  ],
  ['no spec', change(({ spec: _, ...g }) => g), { code: 'result-missing', where: 'result.spec' }],
  [
    'an unknown kind',
    change(g => ({ ...g, kind: 'gird' })),
    { code: 'result-kind', where: 'result.kind', found: 'gird' },
  ],
  ['a kind from the prototype', change(g => ({ ...g, kind: 'constructor' })), { code: 'result-kind' }],
  ['no kind', change(({ kind: _, ...g }) => g), { code: 'result-kind', found: 'undefined' }],
  ['a list with a run', [headMap, run], { code: 'result-kind', where: 'result[1].kind', found: 'run' }],
  ['an empty list', [], { code: 'result-kind' }],
  ['null', null, { code: 'result-kind' }],
  ['an unknown key', change(g => ({ ...g, extra: 1 })), { code: 'result-unknown-key', found: 'extra' }],
  [
    'an axis of no name',
    change(g => ({ ...g, axes: [{ name: 'depth' }] })),
    { where: 'result.axes[0].name', found: 'depth' },
  ],
  [
    'a layer less',
    change(g => ({ ...g, values: g.values.slice(1) })),
    { code: 'grid-shape', where: 'result.values', found: 'a list of 1', allowed: 'a list of 2' },
  ],
  [
    'a head less in one layer',
    change(g => ({ ...g, values: [g.values[0], (g.values[1] as unknown[]).slice(1)] })),
    { code: 'grid-shape', where: 'result.values[1]', found: 'a list of 2' },
  ],
  [
    'a head less everywhere',
    change(g => ({ ...g, values: g.values.map(row => (row as unknown[]).slice(1)) })),
    { code: 'grid-shape', where: 'result.values[0]' },
  ],
  ['a flat list', change(g => ({ ...g, values: g.values.flat() })), { code: 'grid-shape', where: 'result.values' }],
  [
    'values too deep',
    change(g => ({ ...g, values: g.values.map(r => (r as unknown[]).map(x => [x])) })),
    { where: 'result.values[0][0]' },
  ],
  [
    'text as value',
    change(g => ({
      ...g,
      values: [
        ['1', 0, 0],
        [0, 0, 0],
      ],
    })),
    { where: 'result.values[0][0]', found: '"1"' },
  ],
  ['an interval of another shape', change(g => ({ ...g, low: [[0]] })), { code: 'grid-shape', where: 'result.low' }],
  [
    'a label less',
    change(g => ({ ...g, axes: [g.axes[0], { ...g.axes[1], labels: ['a'] }] })),
    { code: 'grid-shape', where: 'axes[1].labels' },
  ],
  [
    'another seed than the hash says',
    change(g => ({ ...g, spec: { ...g.spec, request: { ...g.spec.request, seed: 8 } } })),
    { code: 'result-hash', where: 'result.spec.hash' },
  ],
  [
    'other prompts than the hash says',
    change(g => ({ ...g, spec: { ...g.spec, request: { ...g.spec.request, prompts: [] } } })),
    { code: 'result-hash', where: 'result.spec.check.promptsHash' },
  ],
  [
    'another model than the hash says',
    change(g => ({ ...g, spec: { ...g.spec, check: { ...g.spec.check, modelHash: 'x' } } })),
    { code: 'result-hash', where: 'result.spec.hash' },
  ],
]

describe('refused, never read by half', () => {
  test.each(faults)('%s', (_, value, details) => {
    expect(read(headMap)).toEqual(headMap)
    expect(refusal(toJson(value))).toMatchObject({ name: 'HeadwiseError', fault: 'data', file: 'r.json', ...details })
  })

  test('a key twice, at any depth', () => {
    const text = toJson(headMap).replace('"seed":7', '"seed":7,"seed":8')
    expect(refusal(text)).toMatchObject({ code: 'json-duplicate-key', where: 'seed' })
  })

  test('a text cut short', () => {
    expect(refusal(toJson(headMap).slice(0, -20))).toMatchObject({ code: 'json-syntax' })
  })

  test('nesting of 100,000', () => {
    expect(refusal(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toMatchObject({ code: 'json-depth', allowed: 64 })
  })
})

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-'))
  const path = join(folder, 'r.json')

  test('a file reads as its text; one over the limit is refused by its size', () => {
    writeFileSync(path, toJson(run))
    expect(readResultFile(path)).toEqual(run)
    writeFileSync(path, Buffer.alloc(100_000_000, ' '))
    expect(() => readResultFile(path)).toThrow(
      expect.objectContaining({ code: 'file-size', found: 100_000_000, allowed: 67_108_864 }),
    )
    rmSync(folder, { recursive: true })
  })
})
