import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { binName, profileFacts } from '../../app/src/marks/profile-words.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const CUT: EditInput = { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [12], keys: [7] }

const visit = visits()

const texts = (selector: string): Promise<string[]> =>
  visit.page
    .locator(selector)
    .evaluateAll(all => all.map(e => (e.textContent ?? '').replaceAll('\u00a0', ' ').replaceAll(/\s+/g, ' ').trim()))

/** Waits until the profile on the page is the library's. */
async function seesProfile(layer: number, head: number, edits: EditInput[] = []): Promise<void> {
  const [p] = await visit.node.profile(PROMPT, { heads: [{ layer, head }], edits })
  const panel = '[data-panel=profile]'
  await eventually(() => texts(`${panel} [data-fact]`)).toEqual(profileFacts(p!).map(f => f.value))
  expect(await texts(`${panel} .from`)).toEqual(p!.distance.bins.map(binName))
  expect(await texts(`${panel} [data-total]`)).toEqual(p!.receivers.map(r => digits(r.total)))
  expect(await texts(`${panel} [data-share]`)).toEqual(p!.givers.map(g => digits(g.share)))
}

test('the profile says what the library says, follows head and edits, and leads to who attends and to what', async () => {
  const { page, visitor, node, site } = visit
  await visitor.open()
  await seesProfile(6, 5)
  const panel = visitor.panel('profile')
  await panel.locator('[data-table]').click()
  const [p] = await node.profile(PROMPT, { heads: [{ layer: 6, head: 5 }] })
  const shown = await page
    .locator('[data-panel=profile] table')
    .first()
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(r => [...r.children].map(c => c.textContent).join(' ')))
  expect(shown).toEqual(p!.distance.bins.map(b => `${binName(b)} ${digits(b.share, 4)} ${digits(b.uniform, 4)}`))
  await panel.locator('[data-table]').click()
  const [spec] = specOfFigure(await visitor.saved('profile'))
  expect(spec!.request.method?.parameters).toEqual({ sites: ['pattern@6'] })

  await panel.getByRole('button', { name: 'show what attends to it' }).first().click()
  const key = p!.receivers[0]!.key
  expect(visitor.address).toContain(`query=${key}`)
  expect(visitor.address).toContain('direction=to')
  await panel.getByRole('button', { name: 'show what it attends to' }).first().press('Enter')
  expect(visitor.address).toContain(`query=${p!.givers[0]!.query}`)
  expect(visitor.address).not.toContain('direction')

  await page.goto(`${site}#specimen/${PROMPT}?head=6.5&score=induction&edit=scores:6.5!12>7`)
  await seesProfile(6, 5, [CUT])
})

/** How far what the tokens say is from what they should, at most. */
const apart = async (expected: readonly number[]): Promise<number> => {
  const labels = await visit.page
    .locator('[data-tokens] [data-token]')
    .evaluateAll(all => all.map(e => Number(e.getAttribute('aria-label')?.split(': ').at(-1)?.replace('−', '-'))))
  return Math.max(...expected.map((x, i) => Math.abs(x - (labels[i] ?? Number.NaN))))
}
/** Half of the last digit that is shown. */
const SHOWN = 6e-4

test('what attends to a token is its column of the pattern; keys turn, walk and cut', async () => {
  const { page, visitor, node, site } = visit
  await visitor.open()
  const run = await node.run(PROMPT, { capture: ['pattern@6'] })
  const { data, shape } = run.get('pattern@6')
  const time = shape[1]!
  const column = (...keys: number[]) =>
    Array.from({ length: time }, (_, q) => keys.reduce((s, k) => s + data[(5 * time + q) * time + k]!, 0))
  await eventually(() => texts('[data-mass]')).toEqual([expect.stringContaining('of this row lies')])
  await page.locator('[data-tokens]').focus()
  // The last token attends to " key" most: that is who is asked about.
  await page.keyboard.press('i')
  await eventually(() => texts('[data-panel=text] [data-from]')).toEqual(['to “ key” at 7'])
  await eventually(() => apart(column(7))).toBeLessThan(SHOWN)
  expect(await texts('[data-mass]')).toEqual([expect.stringContaining(`from ${time - 8} later tokens`)])
  await page.locator('[data-tokens]').focus()
  await page.keyboard.press('ArrowDown')
  await eventually(() => texts('[data-edge] .mono')).toEqual(['“ shiny” at 12', '“ key” at 7'])
  expect(await page.locator('[data-arc="12 7"]').count()).toBe(1)
  await page.keyboard.press('e')
  await eventually(() => visitor.address).toContain('edit=scores:6.5!12>7')
  await page.keyboard.press('u')

  await page.goto(`${site}#specimen/${PROMPT}?head=6.5&score=induction&query=5,7&direction=to`)
  await eventually(() => apart(column(5, 7))).toBeLessThan(SHOWN)
  expect(await texts('[data-mass]')).toEqual([expect.stringMatching(/^Receive .* from 6 other tokens/)])
  await page.keyboard.press('i')
  await eventually(() => texts('[data-panel=text] [data-from]')).toEqual(['from 2 tokens'])
  expect(visitor.address).not.toContain('direction')
})

test('a head tells its rank, and the finder leaves the strongest heads standing', async () => {
  const { page, visitor, node, site } = visit
  await page.setViewportSize({ width: 390, height: 844 })
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&beside=distance&direction=to&query=6`)
  const grids = await node.scores(['induction', 'distance'])
  const rank = (values: unknown, own: (v: number[][]) => number): number => {
    const heads = values as number[][]
    return 1 + heads.flat().filter(x => x > own(heads)).length
  }
  const ranks = grids.map(g => rank(g.values, v => v[6]![5]!))
  expect(ranks[0]).toBe(1)
  const words = ranks.map(r => expect.stringMatching(new RegExp(`^${r}(st|nd|rd|th) of 64 heads:$`)))
  await eventually(() => texts('[data-rank]')).toEqual(words)
  await page.locator('summary').click()
  await page.locator('#find').fill('top 4')
  await page.locator('#find').press('Enter')
  await eventually(() => visitor.address).toContain('top=4')
  const bright = page.locator('[data-figure="map-induction"] [data-head]:not(.dim)')
  const best = [...(grids[0]!.values as number[][]).flat().entries()].sort((a, b) => b[1] - a[1]).slice(0, 4)
  expect((await bright.evaluateAll(all => all.map(e => (e as HTMLElement).dataset.head))).sort()).toEqual(
    best.map(([i]) => `${Math.floor(i / 8)}.${i % 8}`).sort(),
  )
  expect(await visitor.faults()).toEqual([])

  await page.goto(`${site}#specimen/${PROMPT}?head=6.5&score=induction&beside=distance&chart=points`)
  const points = page.locator('[data-figure=points]')
  await eventually(() => points.locator('[data-head]').count()).toBe(64)
  expect(await points.locator('[data-head="6.5"]').getAttribute('aria-selected')).toBe('true')
  await points.focus()
  await page.keyboard.press('ArrowLeft')
  const [, next] = best
  await eventually(() => visitor.address).toContain(`head=${Math.floor(next![0] / 8)}.${next![0] % 8}`)
  expect(await visitor.faults()).toEqual([])
})
