import { describe, expect, test } from 'vitest'
import { gridFigure } from '../../src/figures/figure.ts'
import { figurePage } from '../../src/figures/html.ts'
import { png } from '../../src/figures/png.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { ablation, headMap, hostile } from './examples.ts'
import { fonts } from './fonts.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe.each([
  ['svg', async (svg: string) => bytes(svg)],
  ['html', async (svg: string) => bytes(figurePage(svg, []))],
  ['png', async (svg: string) => await png(svg, { width: 200 })],
])('%s', (kind, make) => {
  test.skipIf(kind === 'png' && !fonts)('gives back the specs that went in, whatever their texts hold', async () => {
    expect(specOfFigure(await make(gridFigure(headMap)))).toEqual([headMap.spec])
    expect(specOfFigure(await make(gridFigure([headMap, ablation])))).toEqual([headMap.spec, ablation.spec])
    expect(specOfFigure(await make(gridFigure(hostile)))).toEqual([hostile.spec])
  })
})

test('a page holds its specs as data too, and its policy lets no script run', () => {
  const page = figurePage(gridFigure(hostile), [hostile])
  expect(page).toContain("default-src 'none'")
  const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)]
  expect(scripts).toHaveLength(1)
  expect(scripts[0]![0]).toMatch(/^<script type="application\/json" id="headwise-spec-data">/)
  expect(JSON.parse(scripts[0]![1]!)).toEqual([hostile.spec])
})

describe('what holds no spec is refused', () => {
  test.each([
    ['nothing', bytes('')],
    ['another SVG', bytes('<svg/>')],
    ['metadata without end', bytes('<metadata id="headwise-spec">[]')],
    ['only the magic of a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
    [
      'a PNG whose chunk ends beyond the file',
      Uint8Array.of(
        0x89,
        0x50,
        0x4e,
        0x47,
        0x0d,
        0x0a,
        0x1a,
        0x0a,
        255,
        255,
        255,
        255,
        0x69,
        0x54,
        0x58,
        0x74,
        0,
        0,
        0,
        0,
      ),
    ],
  ])('%s', (_, figure) => {
    expect(() => specOfFigure(figure, 'x.svg')).toThrow(expect.objectContaining({ code: 'figure-spec', file: 'x.svg' }))
  })
  test.each([
    ['an empty list', '[]', 'specs'],
    ['another shape', '[{"version":1}]', 'specs[0].request'],
  ])('%s says where', (_, json, where) => {
    const svg = bytes(`<metadata id="headwise-spec">${json}</metadata>`)
    expect(() => specOfFigure(svg, 'x.svg')).toThrow(expect.objectContaining({ where, fault: 'data' }))
  })
  test('JSON with a key twice', () => {
    const svg = bytes('<metadata id="headwise-spec">[{"a":1,"a":2}]</metadata>')
    expect(() => specOfFigure(svg)).toThrow(expect.objectContaining({ fault: 'data' }))
  })
})
