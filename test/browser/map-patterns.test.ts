import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { sequential } from '../../app/src/marks/scale.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { launch, type Site, serve } from './support.ts'
import { PROMPT, Visitor } from './workbench.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TIME = 13

let browser: Browser
let site: Site
let node: Headwise
beforeAll(async () => {
  browser = await launch()
  site = await serve(inject('workbenchPages'))
  node = await load('specimen')
})
afterAll(async () => {
  await browser.close()
  await site[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** Every head's pattern as the library captures it, [head of all, query, key]. */
async function patterns(edits: EditInput[] = []): Promise<Float32Array> {
  const run = await node.run(PROMPT, { capture: ['pattern'], edits })
  return run.get('pattern').data as Float32Array
}

/** Runs in the page: the colour at the middle of each entry of each head's picture, [head of all, query, key, RGBA]. */
function colours(time: number): number[] {
  const canvas = document.querySelector<HTMLCanvasElement>('[data-pictures]')!
  const frame = canvas.getBoundingClientRect()
  const c = canvas.getContext('2d')!
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
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 30_000 })

test('every head’s pattern stands in its cell as the library has it, and follows the edits', async () => {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  const visitor = new Visitor(page, site.address, node)
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
  await page.locator('[data-panel=map] [data-table]').click()
  const rows = await page
    .locator('[data-panel=map] tbody tr')
    .evaluateAll(all => all.map(r => [...r.querySelectorAll('td')].slice(-3).map(td => td.textContent)))
  const largest = Array.from({ length: 64 }, (_, h) => {
    let at = 1 * TIME + 1
    for (let q = 1; q < TIME; q++)
      for (let k = 1; k <= q; k++)
        if (clean[h * TIME ** 2 + q * TIME + k]! > clean[h * TIME ** 2 + at]!) at = q * TIME + k
    return [digits(clean[h * TIME ** 2 + at]!), String(Math.floor(at / TIME)), String(at % TIME)]
  })
  expect(rows).toEqual(largest)
  await page.locator('[data-panel=map] [data-table]').click()

  const download = page.waitForEvent('download', { timeout: 60_000 })
  await page.locator('[data-panel=map]').getByRole('button', { name: 'svg', exact: true }).click()
  const svg = readFileSync(await (await download).path())
  expect([...svg.toString().matchAll(/crispEdges/g)]).toHaveLength(64)
  expect(specOfFigure(svg)[0]!.request.method!.parameters).toMatchObject({ sites: ['pattern'] })
  await page.close()
})

test('on a phone, with a filter and another score beside: nothing is wrong for who cannot see it', async () => {
  const page = await browser.newPage({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  const visitor = new Visitor(page, site.address, node)
  await visitor.open(
    `#specimen/${PROMPT}?head=6.5&score=induction&beside=induction&cells=patterns&range=0.5..1&edit=z:6.1*0.5`,
  )
  await eventually(() => page.locator('[data-painted="13"]').count()).toBe(1)
  await eventually(() => visitor.head('6.5').getAttribute('aria-label')).toMatch(
    /^head 6\.5, induction 0\.95\S* .*; beyond the first token at most 0\.\d+, query \d+ to key \d+$/,
  )
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    (
      globalThis as never as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> }
      }
    ).axe.run(),
  )
  expect(violations.map(v => [v.id, v.nodes.map(n => n.target)])).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await page.close()
})

test('a long text is read by the largest entries, which the page says, also under an edit', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
  const half = Array.from({ length: 150 }, (_, i) => 100 + 7 * i)
  const ids = [...half, ...half]
  await new Visitor(page, site.address, node).open(`#specimen/ids:${ids}?head=6.5&score=sink&on=prompt&cells=patterns`)
  await eventually(() => page.locator('[data-painted="30"]').count()).toBe(1)
  expect(await page.locator('[data-panel=map]').textContent()).toContain('each point is the largest of 10 × 10 entries')
  const label = () => page.locator('[data-head="6.5"]').getAttribute('aria-label')
  const expected = async (edits: EditInput[]) => {
    const { data } = (await node.run(ids, { capture: ['pattern@6'], edits })).get('pattern@6')
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
  await page.close()
})
