import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { sequential } from '../../app/src/marks/scale.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const TIME = 13

const visit = visits({ colorScheme: 'light' })

/** Every head's pattern as the library captures it, [head of all, query, key]. */
async function patterns(edits: EditInput[] = []): Promise<Float32Array> {
  const run = await visit.node.run(PROMPT, { capture: ['pattern'], edits })
  return run.get('pattern').data as Float32Array
}

/** Runs in the page: the colour at the middle of each entry of each head's picture, [head of all, query, key, RGBA]. */
function colours(time: number): number[] {
  const canvas = document.querySelector<HTMLCanvasElement>('[data-pictures]')!
  const frame = canvas.getBoundingClientRect()
  const c = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!
  c.drawImage(canvas, 0, 0)
  const ratio = canvas.width / frame.width
  const found: number[] = []
  for (const cell of document.querySelectorAll('[data-head]')) {
    const box = cell.querySelector('.well')!.getBoundingClientRect()
    const inset = cell.querySelector('.edited') ? 4 : 0
    const at = (i: number, from: number, size: number) =>
      Math.floor((from + inset + ((i + 0.5) * (size - 2 * inset)) / time) * ratio)
    for (let q = 0; q < time; q++)
      for (let k = 0; k < time; k++) {
        const [x, y] = [at(k, box.x - frame.x, box.width), at(q, box.y - frame.y, box.height)]
        found.push(...c.getImageData(x, y, 1, 1).data)
      }
  }
  return found
}

/** The largest difference of a channel from what the library's numbers look like on the page's scale. */
async function off(page: Page, exact: Float32Array, faint: readonly number[] = []): Promise<number> {
  const seen = await page.evaluate(colours, TIME)
  if (seen.length !== 4 * exact.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (const [i, share] of exact.entries()) {
    const [q, k] = [Math.floor(i / TIME) % TIME, i % TIME]
    const head = Math.floor(i / TIME ** 2)
    const alpha = k > q ? 0 : faint.includes(head) ? 89 : 255
    most = Math.max(most, Math.abs(seen[4 * i + 3]! - alpha))
    // What is faint is stored in fewer steps.
    if (alpha === 255)
      for (const [c, v] of sequential(share, 'light').entries()) most = Math.max(most, Math.abs(seen[4 * i + c]! - v))
  }
  return most
}

test('every head’s pattern stands in its cell as the library has it, and follows the edits', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await page.locator('[data-cells=patterns]').focus()
  await page.keyboard.press('Enter')
  expect(visitor.address).toContain('cells=patterns')
  const clean = await patterns()
  await eventually(() => off(page, clean)).toBeLessThanOrEqual(3)

  // By keyboard as before: along the heads, off, and the layers after it change.
  await page.locator('[data-head="6.5"]').focus()
  for (const key of ['ArrowUp', 'ArrowUp', 'ArrowRight', 'ArrowRight', '0']) await page.keyboard.press(key)
  expect(visitor.address).toContain('edit=z:4.7*0')
  const edited = await patterns([{ do: 'zero', at: { site: 'z', layer: 4 }, heads: [7] }])
  await eventually(() => off(page, edited, [4 * 8 + 7])).toBeLessThanOrEqual(3)
  await page.keyboard.press('u')
  await eventually(() => off(page, clean)).toBeLessThanOrEqual(3)
  // Undo brings back what was done, not where one looks.
  expect(visitor.address).toMatch(/head=4\.7&score=induction&cells=patterns$/)

  // The table: the largest share beyond the first key, and where it is.
  await visitor.panel('map').locator('[data-table]').click()
  const rows = await visitor
    .panel('map')
    .locator('tbody tr')
    .evaluateAll(all => all.map(r => [...r.querySelectorAll('td')].slice(-3).map(td => td.textContent)))
  const largest = Array.from({ length: 64 }, (_, h) => {
    let at = 1 * TIME + 1
    for (let q = 1; q < TIME; q++)
      for (let k = 1; k <= q; k++)
        if (clean[h * TIME ** 2 + q * TIME + k]! > clean[h * TIME ** 2 + at]!) at = q * TIME + k
    return [digits(clean[h * TIME ** 2 + at]!), String(Math.floor(at / TIME)), String(at % TIME)]
  })
  expect(rows).toEqual(largest)
  await visitor.panel('map').locator('[data-table]').click()

  const svg = await visitor.saved('map')
  expect([...svg.toString().matchAll(/crispEdges/g)]).toHaveLength(64)
  expect(specOfFigure(svg)[0]!.request.method!.parameters).toMatchObject({ sites: ['pattern'] })
})

test('on a phone, with a filter and another score beside: nothing is wrong for who cannot see it', async () => {
  const { page, visitor } = visit
  await page.setViewportSize({ width: 390, height: 844 })
  await visitor.open(
    `#specimen/${PROMPT}?head=6.5&score=induction&beside=induction&cells=patterns&range=0.5..1&edit=z:6.1*0.5`,
  )
  await eventually(() => page.locator('[data-painted="13"]').count()).toBe(1)
  await eventually(() => visitor.head('6.5').getAttribute('aria-label')).toMatch(
    /^head 6\.5, induction 0\.95\S* .*; beyond the first token at most 0\.\d+, query \d+ to key \d+$/,
  )
  expect(await visitor.faults()).toEqual([])
})

test('a long text is read by the largest entries, which the page says, also under an edit', async () => {
  const { page, visitor } = visit
  const half = Array.from({ length: 150 }, (_, i) => 100 + 7 * i)
  const ids = [...half, ...half]
  await visitor.open(`#specimen/ids:${ids}?head=6.5&score=sink&on=prompt&cells=patterns`)
  await eventually(() => page.locator('[data-painted="30"]').count()).toBe(1)
  expect(await visitor.panel('map').textContent()).toContain('each point is the largest of 10 × 10 entries')
  const label = () => visitor.head('6.5').getAttribute('aria-label')
  const expected = async (edits: EditInput[]) => {
    const { data } = (await visit.node.run(ids, { capture: ['pattern@6'], edits })).get('pattern@6')
    let most = [0, 0, 0] as [number, number, number]
    for (let q = 10; q < 300; q++)
      for (let k = 10; k <= q; k++) {
        const share = data[(5 * 300 + q) * 300 + k]!
        if (share > most[0]) most = [share, Math.floor(q / 10) * 10, Math.floor(k / 10) * 10]
      }
    const [share, q, k] = most
    return `beyond the first 10 tokens at most ${digits(share)}, query ${q}–${q + 9} to key ${k}–${k + 9}`
  }
  await eventually(label).toContain(await expected([]))
  await page.locator('[data-head="4.7"]').click()
  await page.keyboard.press('0')
  const off47 = await expected([{ do: 'zero', at: { site: 'z', layer: 4 }, heads: [7] }])
  await eventually(label).toContain(off47)
})
