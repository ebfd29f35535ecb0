import { expect, test } from 'vitest'
import { gridOf } from '../../src/results/grid.ts'
import { toJson } from '../../src/results/json.ts'
import { readResult } from '../../src/results/read.ts'
import { type ViewInput, view } from '../../src/views/index.ts'
import type { Grid } from '../../src/words/grid.ts'
import { generation, headMap, lens, routes, run, runs, spec, tasks, writes } from '../results/examples.ts'

const show = (result: ViewInput): Readonly<Record<string, string>> => {
  const display = Reflect.get(view(result), Symbol.for('Jupyter.display')) as () => Readonly<Record<string, string>>
  return display()
}

test('a grid is its figure, with its spec inside, and a sentence', () => {
  const bundle = show(headMap)
  expect(Object.keys(bundle).sort()).toEqual(['image/svg+xml', 'text/plain'])
  expect(bundle['image/svg+xml']).toMatch(/^<svg [^>]*role="img".*headwise-spec/s)
  expect(bundle['text/plain']).toBe(
    'loss: layer × head, 2 × 3; n = 0 to 4 prompts; from −2 to 0.1, furthest from 0 at layer 0, head b "quoted".',
  )
})

test('grids stand beside each other in one figure, with a sentence each', () => {
  const bundle = show([headMap, { ...headMap, metric: 'logit_diff' }])
  expect(bundle['text/plain']!.split('\n').map(l => l.slice(0, 5))).toEqual(['loss:', 'logit'])
  expect(bundle['image/svg+xml']!.match(/<svg /g)).toHaveLength(1)
})

test('a grid of three axes has no figure: it is told in words', () => {
  const axes = (['prompt', 'layer', 'head'] as const).map(name => ({ name }))
  const grid = gridOf({ axes, shape: [1, 1, 2], values: [0.25, 0.5], metric: 'm', spec })
  expect(show(grid)).toEqual({
    'text/html': expect.stringContaining('furthest from 0 at prompt 0, layer 0, head 1.'),
    'text/plain':
      'm: prompt × layer × head, 1 × 1 × 2; n not stated; from 0.25 to 0.5, furthest from 0 at prompt 0, layer 0, head 1.',
  })
  const empty = gridOf({ axes: axes.slice(0, 1), shape: [1], values: [Number.NaN], metric: 'm', spec })
  expect(show(empty)['text/plain']).toBe('m: prompt, 1; n not stated; no cell was measured.')
})

test('a run is the next tokens and the heads that attend from the last position', () => {
  const html = show(run)['text/html']!
  expect(html).toContain('3 tokens, loss 3.25 nats per token')
  expect(html).toMatch(/<td[^>]*>&#34;=SUM\(A1\)&#34;<\/td><td[^>]*>4<\/td><td[^>]*>60.7%<\/td>/)
  expect(html).toMatch(/<td[^>]*>1\.0<\/td><td[^>]*>[^<]*<\/td><td[^>]*>at 0<\/td><td[^>]*>0.75<\/td>/)
  expect(show(runs)['text/plain']).toMatch(/^3 tokens, loss 3\.25 .*60\.7%.*\n1 token; next: \.$/s)
})

test('a generation is its text, and how fast it came', () => {
  const bundle = show(generation)
  expect(bundle['text/plain']).toBe('two')
  expect(bundle['text/html']).toMatch(/2 tokens with the prompt’s, 41\.5 a second.*two/s)
})

test('tasks are a table of accuracies beside chance', () => {
  const bundle = show(tasks)
  expect(bundle['text/html']).toMatch(/>✗ set\/names<.*>75% \[50, 100\]<.*>50%<.*>1\.5<.*>logit_diff</s)
  expect(bundle['text/plain']!.split('\n')).toEqual([
    'set/names: 8 rows, 75% [50, 100] right (chance 50%), mean logit_diff 1.5.',
    '=years: No digit is a token.',
  ])
})

test('what a part writes is a table, and routes are a figure', () => {
  expect(show(writes)['text/html']).toMatch(/feed-forward 1 at .*position 2.*>1.5<.*>−∞<.*>3<.*>−0.5<.*>2</s)
  expect(show(lens)['text/plain']).toBe(
    'after attention 1 at "a", position 0: predicts "b" 77.9%; raises ; lowers ; logits.',
  )
  expect(show(routes)['image/svg+xml']).toMatch(/^<svg [^>]*role="img".*headwise-spec.*routes to/s)
  expect(show(routes)['text/plain']).toBe(
    'Routes to " b", position 1: 3 nodes and 2 edges with contributions of 0.25 or more; 0.375 of what enters the nodes is in no edge.',
  )
})

test('a result looks the same when it has been read from its file', () => {
  for (const result of [headMap, run, runs, generation, writes, lens, routes, tasks]) {
    const again = readResult(toJson(result), 'r.json')
    expect(show(again)).toEqual(show(result))
  }
})

test('whatever a file holds stays text', () => {
  const evil = "</figure><script>globalThis.bad=1</script>\"><img src=x onerror='bad'>\u202e\u001b[31m"
  const grid: Grid = {
    ...headMap,
    metric: evil,
    axes: headMap.axes.map(a => ({ ...a, labels: undefined })) as Grid['axes'],
  }
  const top = [{ id: 1, token: evil, logprob: -1 }]
  const results: ViewInput[] = [
    grid,
    { kind: 'run', tokens: [1], loss: null, top, heads: [{ layer: 0, head: 0, key: 0, token: evil, weight: 1 }], spec },
    { ...generation, text: evil },
    { ...writes, token: evil, raises: [{ id: 1, token: evil, logits: 1 }], lowers: [] },
    { ...lens, lens: [{ id: 1, token: evil, logit: 1, logprob: -1 }] },
    { ...routes, tokens: [evil, evil] },
    [
      { ...tasks[0]!, id: evil },
      { kind: 'task', id: evil, title: evil, refused: evil },
    ],
  ]
  for (const result of results) {
    const { 'text/plain': words, ...pictures }: Record<string, string> = {
      ...show(result),
      html: view(result).toHtml(),
    }
    for (const markup of Object.values(pictures)) expect(markup).not.toMatch(/<(script|img)\b|[\u001b\u202e]/)
    expect(words).not.toMatch(/[\u001b\u202e]/)
  }
})

test.each([{ kind: 'atlas' }, {}, [], null])('%j is no result and refused in a sentence', what => {
  expect(() => view(what as never)).toThrow('This is no result of headwise: its kind must be')
})
