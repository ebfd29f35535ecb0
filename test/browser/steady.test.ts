import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { EXAMPLE } from '../../app/src/state/parse.ts'
import { PROMPT, visits } from './workbench.ts'

const visit = visits()

/** What a hand may be on its way to while answers come. */
const GRABBED = [
  '[data-head="6.5"]',
  '[data-head="0.0"]',
  '[data-panel=head] input[type=range]',
  '[data-panel=writes] [data-table]',
  '[data-token="3"]',
  '[data-turn]',
  '[data-panel=query-key] [data-table]',
  '[data-panel=profile] [data-table]',
  '[data-panel=edits]',
  '[data-panel=metric] select',
  '[data-panel=share] button',
  '[data-panel=tour] nav button',
]
type Boxes = Record<string, string>
interface Recorded {
  steady: { shifts: number; boxes: Boxes[] }
}

/** Runs in the page from its beginning: every box that what can be grabbed ever had, and the browser's own measure. */
function record(selectors: readonly string[]): void {
  const steady = { shifts: 0, boxes: [] as Boxes[] }
  Object.assign(globalThis, { steady })
  interface Shift extends PerformanceEntry {
    readonly value: number
  }
  new PerformanceObserver(list => {
    for (const e of list.getEntries()) steady.shifts += (e as Shift).value
  }).observe({ type: 'layout-shift', buffered: true })
  const look = (): void => {
    const boxes = selectors.flatMap(s => {
      const box = document.querySelector(s)?.getBoundingClientRect()
      return box ? [[s, [box.x, box.y, box.width, box.height].map(Math.round).join()] as const] : []
    })
    const now = Object.fromEntries(boxes)
    if (boxes.length > 0 && JSON.stringify(now) !== JSON.stringify(steady.boxes.at(-1))) steady.boxes.push(now)
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}

const settled = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const continued = document.querySelector('[data-panel=continuation] dl:not(.stale)')?.textContent ?? ''
    return (
      document.querySelector('[data-after]') &&
      !document.querySelector('.stale, [data-waiting]') &&
      continued.length > 60 &&
      !continued.includes('…')
    )
  })

const EDITED = `#specimen/${PROMPT}?head=4.7&score=ablate-next&beside=previous&tint=effect&site=scores&top-k=5&top-p=0.9&edit=z:6.5*0`
const PATTERNS = `#specimen/${PROMPT}?head=4.7&score=induction&cells=patterns&edit=z:6.5*0`
const HALF = Array.from({ length: 50 }, (_, i) => 100 + 7 * i).join()
const TOUR = `#specimen/ids:0,${HALF},${HALF}?head=6.5&score=induction&edit=z:6.5*0&tour=4`
const PARSED = `#specimen/${PROMPT}?head=4.7&score=syntax&parse=${EXAMPLE.parse.map(w => `${w.form}:${w.head}:${w.relation}`).join()}`
test.for([
  ['the first visit', '', 1280],
  ['the first visit', '', 390],
  ['edits and two maps', EDITED, 1280],
  ['edits and two maps', EDITED, 390],
  ['patterns of all heads', PATTERNS, 1280],
  ['patterns of all heads', PATTERNS, 390],
  ['the tour', TOUR, 1280],
  ['the tour', TOUR, 390],
  ['a parse', PARSED, 390],
] as const)('nothing that one can grab moves while answers come: $0, $2 px', async ([, state, width]) => {
  const { page, site } = visit
  await page.setViewportSize({ width, height: 800 })
  await page.addInitScript(record, GRABBED)
  // So slow that every answer comes in a frame of its own.
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 3 })
  await page.goto(`${site}${state}`)
  await settled(page)
  const { shifts, boxes } = await page.evaluate(() => (globalThis as unknown as Recorded).steady)
  const ever = GRABBED.map(s => [s, [...new Set(boxes.flatMap(b => b[s] ?? []))]] as const)
  expect(ever.filter(([, all]) => all.length > 1)).toEqual([])
  expect(ever.filter(([, all]) => all.length === 1).length).toBeGreaterThanOrEqual(GRABBED.length - 1)
  expect(shifts).toBeLessThan(0.01)
})
