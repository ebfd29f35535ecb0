import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { signed } from '../../app/src/marks/number.ts'
import { effectWords } from '../../app/src/marks/token-effects.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { gridValues } from '../../src/results/grid.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { launch, type Site, serve } from './support.ts'
import { PROMPT, Visitor } from './workbench.ts'

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

const OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }]
const numberOf = (shown: string): number => Number(shown.replace('−', '-'))

/** What the library says, and the sentence of the page for one token. */
async function expected(edits: EditInput[]) {
  const grid = await node.knockout({ text: PROMPT, by: 'key', edits })
  const values = [...gridValues(grid).data]
  const tokens = grid.axes[0]!.labels!.map(text => ({ text }))
  return { values, words: (key: number) => effectWords(tokens, key, values, { text: ' key' }) }
}
const told = (page: Page) => page.locator('[data-effect]')

/** Opens the table and compares every row with the library, to the four digits that are shown. */
async function seesTable(page: Page, values: readonly number[]): Promise<void> {
  const panel = page.locator('[data-panel=text]')
  await panel.locator('[data-table]').click()
  const shown = await panel.locator('tbody td:nth-child(3)').allTextContents()
  expect(shown).toHaveLength(values.length)
  // Engines of browser and node differ in the last digit of what is near 0.
  const off = shown.map((x, i) => Math.abs(numberOf(x) - values[i]!) / (1 + Math.abs(values[i]!)))
  expect(Math.max(...off)).toBeLessThan(5e-4)
  await panel.locator('[data-table]').click()
}

test('the effect of each token is that of the library, without and with an edit, by pointer and by keyboard', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
  const visitor = new Visitor(page, site.address, node)
  await visitor.open()
  expect(await told(page).count()).toBe(0)
  await page.locator('[data-tint]').selectOption('effect')
  expect(visitor.address).toContain('tint=effect')
  const clean = await expected([])
  await expect.poll(() => told(page).textContent(), { timeout: 30_000 }).toContain(`Largest: ${clean.words(7)}`)
  await page.locator('[data-token="6"]').hover()
  expect(await told(page).textContent()).toContain(clean.words(6))
  const label = await page.locator('[data-token="7"]').getAttribute('aria-label')
  expect(label).toContain(`effect ${signed(clean.values[7]!)} nats`)
  await page.mouse.move(0, 0)
  await seesTable(page, clean.values)

  await page.keyboard.press('Escape')
  await page.locator('[data-head="6.5"]').focus()
  await page.keyboard.press('0')
  const edited = await expected(OFF)
  await expect.poll(() => told(page).textContent(), { timeout: 30_000 }).toContain(edited.words(7))
  await seesTable(page, edited.values)

  // Down the keys by falling size of their effect, though head 6.5 attends to others.
  const order = [...edited.values.keys()].sort((a, b) => Math.abs(edited.values[b]!) - Math.abs(edited.values[a]!))
  await page.locator('[data-tokens]').focus()
  for (const key of order.slice(0, 3)) {
    await page.keyboard.press('ArrowDown')
    expect(await told(page).textContent()).toContain(edited.words(key))
  }

  const download = page.waitForEvent('download', { timeout: 60_000 })
  await page.locator('[data-panel=text]').getByRole('button', { name: 'svg', exact: true }).click()
  const [spec] = specOfFigure(readFileSync(await (await download).path()))
  expect(spec!.request).toMatchObject({
    command: 'knockout',
    edits: [{ do: 'zero' }],
    method: { id: 'token-knockout', parameters: { by: 'key' } },
  })
  await page.close()
})

test('long texts are computed when asked for, with their progress, and can be stopped', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
  const text = 'Clara had a red kite and the wind was strong. '.repeat(12)
  await new Visitor(page, site.address, node).open(`#specimen/${text}?head=6.5&score=previous&on=prompt&tint=effect`)
  await expect.poll(() => told(page).textContent(), { timeout: 30_000 }).toContain('passes over this prompt')
  await told(page).getByRole('button', { name: 'compute' }).click()
  const stop = page.locator('[data-panel=text]').getByRole('button', { name: 'stop' })
  await stop.waitFor({ timeout: 30_000 })
  expect(await page.locator('[data-panel=text] [data-waiting]').textContent()).toMatch(
    /effects of the tokens: .*% done/,
  )
  await stop.click()
  await expect.poll(() => told(page).textContent(), { timeout: 30_000 }).toContain('compute')
  await page.close()
})

test.for([
  ['light', 1280],
  ['dark', 390],
] as const)('no faults of accessibility or overflow: %s, %i px', async ([colorScheme, width]) => {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' })
  const state = `#specimen/${PROMPT}?head=6.5&score=induction&tint=effect&first=out`
  await new Visitor(page, site.address, node).open(state)
  await expect.poll(() => told(page).textContent(), { timeout: 30_000 }).toContain('Largest: without')
  await page.waitForFunction(() => !document.querySelector('.stale'))
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as never as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> }
      }
    ).axe.run()
    return violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`)
  })
  expect(violations).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  await page.close()
})
