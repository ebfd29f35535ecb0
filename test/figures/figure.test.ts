import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import { describe, expect, test } from 'vitest'
import { themes } from '../../src/figures/colour.ts'
import { gridFigure } from '../../src/figures/figure.ts'
import type { TextAttention } from '../../src/figures/panel.ts'
import { gridOf } from '../../src/results/grid.ts'
import {
  ablation,
  controls,
  curve,
  HOSTILE,
  headMap,
  hostile,
  next,
  patch,
  pattern,
  pictures,
  specBy,
  words,
} from './examples.ts'

const fixture = (name: string): string => join(import.meta.dirname, `../fixtures/figures/${name}.svg`)
const count = (svg: string, pattern: RegExp): number => [...svg.matchAll(pattern)].length
/** Shown words only: what is in the metadata is not drawn. */
const drawn = (svg: string): string => svg.slice(svg.indexOf('</metadata>'))

// After a change that is meant: npx vitest run --project unit test/figures/figure.test.ts -u, and look at them.
test.each([
  ['head-map', gridFigure(headMap, { perGroup: 2 })],
  ['ablation-dark', gridFigure(ablation, { theme: 'dark' })],
  ['patch', gridFigure(patch)],
  ['curve', gridFigure(curve)],
  ['list', gridFigure(controls)],
  ['pattern', gridFigure(pattern, { max: 1 })],
  ['pictures', gridFigure(pictures, { max: 1, perGroup: 3 })],
  ['words', gridFigure(words, { max: 1 })],
  ['attention', gridFigure(words, { max: 1, attention: { queries: [5], least: 0.05, out: [4] } })],
  ['next', gridFigure(next)],
])('%s is drawn as committed', async (name, svg) => {
  await expect(svg).toMatchFileSnapshot(fixture(name))
})

test('a picture holds each entry once, in its colour and place, and nothing above the diagonal', () => {
  const svg = gridFigure(pictures, { max: 1 })
  const drawings = [...svg.matchAll(/<g transform="[^"]*scale[^>]*>(.*?)<\/g>/g)].map(m => m[1]!)
  expect(drawings).toHaveLength(6)
  const cells = (drawing: string) =>
    [...drawing.matchAll(/<path d="([^"]*)" fill="([^"]*)"/g)].flatMap(([, d, fill]) =>
      [...d!.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)].flatMap(([, k, q, n]) =>
        Array.from({ length: Number(n) }, (_, i) => [`${q},${Number(k) + i}`, fill] as const),
      ),
    )
  const of = themes.light.sequential
  const share = (x: number) => Math.round(x * 31) / 31
  const expected = [
    (q: number, k: number) => of(k === Math.max(0, q - 1) ? 1 : 0),
    (_: number, k: number) => of(share(k === 0 ? 0.9 : 0.1)),
    (q: number) => of(share(1 / (q + 1))),
  ]
  for (const [i, drawing] of drawings.entries()) {
    const drawnCells = cells(drawing)
    expect(drawnCells).toHaveLength(10)
    for (const [place, fill] of drawnCells) {
      const [q = 0, k = 0] = place.split(',').map(Number)
      expect(k).toBeLessThanOrEqual(q)
      expect([place, fill]).toEqual([place, expected[i % 3]!(q, k)])
    }
  }
})

/** The colour at a place of the drawing, as another program renders it. */
function pixel(svg: string, x: number, y: number): string {
  const image = new Resvg(svg).render()
  const at = 4 * (Math.round(y) * image.width + Math.round(x))
  return `#${[...image.pixels.subarray(at, at + 3)].map(c => c.toString(16).padStart(2, '0')).join('')}`
}

/** Where the cells of a map start and end, from its ground rectangles. */
const grounds = (svg: string) =>
  [
    ...svg.matchAll(
      new RegExp(
        `<rect x="([\\d.]+)" y="([\\d.]+)" width="([\\d.]+)" height="([\\d.]+)" fill="${themes.light.rule}"/>`,
        'g',
      ),
    ),
  ].map(m => m.slice(1).map(Number) as [number, number, number, number])

describe('a head map', () => {
  const svg = gridFigure(headMap, { perGroup: 2 })
  test('has a ground for each kv group, and cells in the colours of their values', () => {
    const [first, second, ...others] = grounds(svg)
    expect(others).toEqual([])
    expect(second![0] - first![0] - first![2]).toBeGreaterThan(4)
    // Row 1, head 2: the first cell of the second group, of which a corner is free of its number.
    const [x, y, , height] = second!
    const cell = height / 3
    expect(pixel(svg, 24 + x + 3, 24 + y + cell + 3)).toBe(themes.light.sequential(0.92))
    expect(pixel(svg, 24 + first![0] + 3, 24 + y + 3)).toBe(themes.light.sequential(0))
  })
  test('without groups has one ground', () => {
    expect(grounds(gridFigure(headMap))).toHaveLength(1)
    expect(grounds(gridFigure(headMap, { perGroup: 1 }))).toHaveLength(1)
  })
  test('says what is shown: metric, unit, n, what was not measured', () => {
    for (const words of [
      '>mean attention to the previous<',
      'share of attention; n = 4 prompts',
      'not measured',
      '.92',
    ])
      expect(drawn(svg)).toContain(words)
    expect(drawn(svg)).not.toContain('interval')
  })
})

test('cells whose interval holds 0 are dots, and no others', () => {
  const svg = gridFigure(ablation)
  const unclear = ablation.low!.flat().filter((l, i) => {
    const h = ablation.high!.flat()[i]
    return typeof l === 'number' && typeof h === 'number' && l <= 0 && h >= 0
  })
  expect(unclear.length).toBe(9)
  expect(count(svg, /<circle /g)).toBe(unclear.length + 1)
  expect(svg).toContain('95% interval holds 0')
  expect(count(gridFigure(headMap), /<circle /g)).toBe(0)
})

describe('a map of positions', () => {
  test('names its tokens with their spaces', () => {
    const svg = drawn(gridFigure(patch))
    for (const token of ['&#60;|endoftext|&#62;', '␣Tom', '↵', '␣漢字']) expect(svg).toContain(`>${token}</text>`)
    expect(svg).toContain('n = 1 prompt<')
  })
  test('of a long text names the columns that matter', () => {
    const size = 300
    const labels = Array.from({ length: size }, (_, i) => `t${i}`)
    const values = Float64Array.from({ length: size }, (_, i) => (i === 151 ? 1 : 0.01))
    const axes = [{ name: 'layer' as const }, { name: 'position' as const, labels }]
    const svg = drawn(gridFigure(gridOf({ axes, shape: [1, size], values, metric: 'm', spec: specBy('patch', 'p') })))
    const named = [...svg.matchAll(/>t(\d+)</g)].map(m => Number(m[1]))
    expect(named).toContain(151)
    expect(named.length).toBeLessThan(100)
    expect(svg).toContain('Named: the columns with the strongest values')
  })
})

test('a pattern has square cells, one for each key up to its query, and no cross for what cannot be', () => {
  const cells = [
    ...drawn(gridFigure(pattern, { max: 1 })).matchAll(/<rect x="[\d.]+" y="[\d.]+" width="27" height="27"/g),
  ]
  expect(cells).toHaveLength(21)
  expect(gridFigure(pattern)).not.toContain('not measured')
})

test('a text has a tint for each token that has a value, and the numbers that count under them', () => {
  const svg = drawn(gridFigure(words, { max: 1 }))
  expect(svg).toContain(`fill="${themes.light.sequential(0.62)}"`)
  const numbers = [...svg.matchAll(/>(0?\.\d+)<\/text>/g)].map(m => m[1])
  expect(numbers).toEqual(expect.arrayContaining(['0.62', '0.3']))
  expect(numbers).not.toContain('0.04')
})

test('a text’s query is marked, arcs lead to the keys that reach the share, and what has none is told', () => {
  const row = { ...words, values: [0.31, 0.01, 0.62, 0.04, 0.02, 0] }
  const drawnWith = (attention: TextAttention) => drawn(gridFigure(row, { max: 1, attention }))
  /** Sentences wrap. */
  const said = (svg: string) => [...svg.matchAll(/>([^<]+)<\/text>/g)].map(m => m[1]).join(' ')
  const arcs = (svg: string) => [...svg.matchAll(/<path d="M([\d.]+) [\d.]+C[^"]*? ([\d.]+) [\d.]+" /g)]
  const two = drawnWith({ queries: [5], least: 0.05 })
  expect(arcs(two)).toHaveLength(2)
  expect(said(two)).toContain('0.93 of this row lies on 2 tokens at 0.05 or more; 0.07 on 3 tokens without an arc.')
  // All of them begin over the middle of the query; its mark is as wide as the token.
  expect(new Set(arcs(two).map(a => a[1])).size).toBe(1)
  const [, x, width] = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="3"/.exec(two)!
  expect(Number(x) + Number(width) / 2).toBeCloseTo(Number(arcs(two)[0]![1]), 1)
  const left = drawnWith({ queries: [5], least: 0.05, leaveFirst: true, out: [4] })
  expect(arcs(left)).toHaveLength(2)
  expect(left.match(/stroke-dasharray/g)).toHaveLength(1)
  expect(said(left)).toContain(
    '0.62 of this row lies on 1 token at 0.05 or more; 0.07 on 3 tokens without an arc. 0.31 lies on',
  )
  const mean = drawnWith({ queries: [3, 5], least: 0.05 })
  expect(arcs(mean)).toHaveLength(0)
  expect(said(mean)).toContain('1 lies on 5 tokens, on the mean of 2 rows.')
})

test('bars stand from 0; compared ones as outline and filled, each of the length of its number', () => {
  const lengths = (grid: typeof next, pattern: RegExp) =>
    [...drawn(gridFigure(grid)).matchAll(pattern)].map(m => Number(m[1]))
  const outlines = lengths(next, /width="([\d.]+)" (?:y="[\d.]+" )?height="16" fill="none"/g)
  expect(outlines).toHaveLength(3)
  expect(outlines[1]! / outlines[0]!).toBeCloseTo(0.0187 / 0.825, 2)
  const logs = gridOf({
    axes: [{ name: 'column', labels: ['a', 'b'] }],
    shape: [2],
    values: [-1, -4],
    metric: 'next token, nats',
    spec: specBy('run', 'capture'),
  })
  const filled = lengths(logs, /width="([\d.]+)" height="16" fill="#/g)
  expect(filled[1]! / filled[0]!).toBeCloseTo(4, 1)
})

describe('a curve', () => {
  const parts = { shape: [4], values: [1, 2, Number.NaN, 4], metric: 'm', spec: specBy('ablate', 'scale') }
  const xs = (svg: string) => [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(m => Number(m[1]))
  test('stands on the numbers that its labels are, and on their logarithms when they span much', () => {
    const at = (labels: string[]) =>
      xs(gridFigure(gridOf({ ...parts, values: [1, 2, 3, 4], axes: [{ name: 'size', labels }] })))
    const [a, b, c, d] = at(['0', '1', '2', '8'])
    expect((b! - a!) / (d! - a!)).toBeCloseTo(1 / 8, 2)
    expect((c! - a!) / (d! - a!)).toBeCloseTo(2 / 8, 2)
    const [e, f, , h] = at(['0.001', '0.01', '0.1', '1'])
    expect((f! - e!) / (h! - e!)).toBeCloseTo(1 / 3, 2)
    const [i, j, , l] = at(['a', 'b', 'c', 'd'])
    expect((j! - i!) / (l! - i!)).toBeCloseTo(1 / 3, 2)
  })
  test('breaks where there is no value, and its band where there is no interval', () => {
    const svg = gridFigure(gridOf({ ...parts, axes: [{ name: 'step' }] }))
    // Three points, and the sample of the legend.
    expect(xs(svg)).toHaveLength(4)
    expect(svg).toMatch(/d="M[\d. ]+L[\d. ]+M[\d. ]+" stroke/)
    expect(count(gridFigure(curve), new RegExp(`Z" fill="${themes.light.band}"`, 'g'))).toBe(2)
  })
  test('rings are the points whose interval holds 0', () => {
    const ring = new RegExp(`fill="${themes.light.paper}" stroke="${themes.light.line}"`, 'g')
    // One point of the curve (its other candidate has no upper end), and the sample of the legend.
    expect(count(gridFigure(curve), ring)).toBe(2)
  })
})

test('several grids stand beside each other, their drawings in line', () => {
  const svg = gridFigure([headMap, ablation])
  const panels = [...svg.matchAll(/<g transform="translate\((\d+) (\d+)\)"><text x="0" y="14"/g)]
  expect(panels).toHaveLength(2)
  expect(Number(panels[1]![1])).toBeGreaterThan(Number(panels[0]![1]) + 200)
})

test('grids of any size are drawn', () => {
  for (const shape of [
    [0, 0],
    [1, 1],
    [0, 5],
    [96, 128],
  ]) {
    const values = new Float64Array(shape[0]! * shape[1]!)
    const svg = gridFigure(
      gridOf({ axes: [{ name: 'layer' }, { name: 'head' }], shape, values, metric: 'm', spec: specBy('scores', 's') }),
    )
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    new Resvg(svg)
  }
})

test('more than two axes are refused', () => {
  const axes = [{ name: 'prompt' as const }, { name: 'layer' as const }, { name: 'head' as const }]
  const grid = gridOf({ axes, shape: [1, 1, 1], values: [1], metric: 'm', spec: specBy('scores', 's') })
  expect(() => gridFigure(grid)).toThrow(expect.objectContaining({ code: 'figure-axes', fault: 'usage' }))
})

test('texts that are not trusted are shown escaped and end nothing', () => {
  const svg = gridFigure(hostile)
  // Another program's strict reading of XML.
  new Resvg(svg)
  expect(svg).not.toMatch(/<script|<img|\]\]>|onerror="|[\u0000-\u0008\u001b\u202e\ud800-\udfff]/)
  expect(count(svg, /<\/metadata>/g)).toBe(1)
  expect(svg).toContain('\\u202eevil')
  expect(svg).toContain('\\u001b[31mred')
  expect(HOSTILE.length).toBe(count(svg, /rotate\(-45/g))
})

test('figures are drawn without anything of Node, so that a page can draw them', () => {
  const src = join(import.meta.dirname, '../../src')
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    // Types leave no import behind.
    const runtime = readFileSync(file, 'utf8').replace(/^import type .*$/gm, '')
    for (const [, from] of runtime.matchAll(/\b(?:from|import) '([^'\s]+)'$/gm))
      if (from!.startsWith('.')) visit(join(file, '..', from!))
      else packages.add(from!)
  }
  visit(join(src, 'figures/figure.ts'))
  visit(join(src, 'figures/html.ts'))
  expect(seen.size).toBeGreaterThan(12)
  expect([...packages]).toEqual([])
})
