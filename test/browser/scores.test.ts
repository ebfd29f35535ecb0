import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { roundUp } from '../../app/src/marks/scale.ts'
import { gridFigure } from '../../src/figures/figure.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const visit = visits({ viewport: { width: 1280, height: 1200 } })

const CUT: EditInput = { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [12], keys: [7] }
const HEADS = [
  { layer: 6, head: 1 },
  { layer: 6, head: 5 },
]
const entry = (head: string) => visit.page.locator(`[data-entry="${head}"]`)
const ends = async () => (await visit.page.locator('[data-ends]').textContent())?.replace(/\s+/g, ' ').trim()

/** Scores of heads as the library captures them, [head][query][key], keys up to the query. */
async function scores(prompt: string | number[], heads: typeof HEADS, edits: EditInput[] = []): Promise<number[][][]> {
  const { get } = await visit.node.run(prompt, { capture: ['scores'], edits })
  const { shape, data } = get('scores')
  const [, perLayer = 0, time = 0] = shape
  return heads.map(({ layer, head }) =>
    Array.from({ length: time }, (_, q) => {
      const start = ((layer * perLayer + head) * time + q) * time
      return Array.from(data.subarray(start, start + q + 1))
    }),
  )
}
const most = (all: number[][][]): number =>
  all.flat(2).reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0)
const words = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(m => m[1]!)

test('scores of several heads on one signed scale, with an edge that is cut: cells, table, figure, address', async () => {
  const { page, visitor, node } = visit
  const exact = await scores(PROMPT, HEADS, [CUT])
  const end = roundUp(most(exact))
  await visitor.open(`#specimen/${PROMPT}?head=6.1,6.5&score=induction&edit=scores:6.5!12>7`)
  await eventually(ends).toBe('0 1')
  await page.locator('[data-choose=scores]').click()
  await eventually(ends).toBe(`−${end} +${end}`)
  expect(visitor.address).toContain('site=scores')
  const matrix = page.locator('[data-matrix="6.5"]')
  await eventually(() => matrix.getAttribute('data-site')).toBe('scores')
  await matrix.focus()
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft')
  await eventually(() => entry('6.1').textContent()).toBe(digits(exact[0]![12]![7]!, 4))
  expect(await entry('6.5').textContent()).toBe('−∞')
  await eventually(() => matrix.getAttribute('aria-label')).toContain('“ key” at 7: −∞')
  await page.keyboard.press('Shift+ArrowLeft')
  await eventually(() => entry('6.5').textContent()).toBe(digits(exact[1]![12]![6]!, 4))
  await page.keyboard.press('Shift+ArrowUp')
  for (let i = 0; i < 6; i++) await page.keyboard.press('Shift+ArrowRight')
  await eventually(() => matrix.getAttribute('aria-label')).toMatch(/at 11 to “ shiny” at 12: masked$/)
  // The picture holds all of it; the library draws the same from its own run.
  const file = await visitor.saved('pattern')
  const svg = file.toString()
  const grids = await node.patterns(PROMPT, { heads: HEADS, edits: [CUT], site: 'scores' })
  expect(words(svg)).toEqual(words(gridFigure(grids, { max: end, signed: true })))
  expect(words(svg)).toContain('knocked out, −∞')
  expect(specOfFigure(file)[0]!.request.method?.parameters).toEqual({ sites: ['scores@6'] })
  await matrix.focus()
  await page.keyboard.press('t')
  const table = page.getByRole('region', { name: 'Patterns: numbers' })
  const rows = await table
    .locator('tbody tr')
    .evaluateAll(all =>
      all.map(r => [...r.querySelectorAll('td')].map(td => td.textContent ?? '').filter(t => t !== '')),
    )
  expect(rows).toEqual(exact[1]!.map(row => row.map(x => digits(x))))
  await page.keyboard.press('t')
  expect(await visitor.faults()).toEqual([])
  await page.reload()
  await eventually(ends).toBe(`−${end} +${end}`)
  await page.locator('[data-choose=pattern]').click()
  await eventually(() => matrix.getAttribute('data-site')).toBe('pattern')
  expect(visitor.address).not.toContain('site=')
})

test('of a text that comes in tiles the scale holds every score, and what a point stands for is told', async () => {
  const { page, visitor } = visit
  const ids = [0, ...Array.from({ length: 495 }, (_, i) => 5 + ((i * 131) % 4000))]
  const heads = [{ layer: 5, head: 4 }, ...Array.from({ length: 8 }, (_, head) => ({ layer: 6, head }))]
  const end = roundUp(most(await scores(ids, heads)))
  const names = heads.map(h => `${h.layer}.${h.head}`).join()
  await visitor.open(`#specimen/ids:${ids}?head=${names}&score=induction&site=scores`)
  await eventually(ends).toBe(`−${end} +${end}`)
  expect(await page.locator('[data-panel=pattern] [data-shown]').textContent()).toMatch(
    /each point is the one furthest from 0 of 4 × 4 entries/,
  )
})
