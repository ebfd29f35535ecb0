import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { signed } from '../../app/src/marks/number.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { WritesResult } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { launch, type Site, serve } from './support.ts'
import { PROMPT, Visitor } from './workbench.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const HALF: EditInput = { do: 'scale', by: 0.4, at: { site: 'z', layer: 4 }, heads: [7] }

let browser: Browser
let site: Site
let node: Headwise
let page: Page
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

/** What the library says, as the page writes it. */
async function expected(pairs: readonly (readonly [number, number])[], position: number, edits: EditInput[] = []) {
  const ids = await (await node.tokenizer()).encode(PROMPT)
  const service = new Service(node, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 28 })
  const heads = pairs.map(([layer, head]) => ({ layer, head }))
  const { raises, lowers } = (await service.call('writes', { ids, edits, heads, position, top: 5 })) as WritesResult
  return [...raises, ...lowers].map(t => `${t.text.replaceAll(' ', '·')} ${signed(t.logits)}`)
}
const shown = (): Promise<string[]> =>
  page
    .locator('[data-panel=writes] li:has([data-logits])')
    .evaluateAll(rows =>
      rows.map(
        r => `${r.querySelector('.token')?.textContent?.trim()} ${r.querySelector('[data-logits]')?.textContent}`,
      ),
    )

test('what heads write stands beside them, to the shown digits, and follows heads, query and edits', async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  await new Visitor(page, site.address, node).open()
  const first = await expected([[6, 5]], 12)
  expect(first[0]).toMatch(/^·key \+/)
  await expect.poll(shown, { timeout: 30_000 }).toEqual(first)
  const at = page.locator('[data-panel=writes] [data-from]')
  expect(await at.textContent()).toContain('“ shiny”, 12')

  await page.locator('[data-head="4.7"]').click()
  await page.locator('[data-token="7"]').click()
  await expect.poll(shown, { timeout: 30_000 }).toEqual(await expected([[4, 7]], 7))
  expect(await at.textContent()).toContain(', 7')

  const edited = `#specimen/${PROMPT}?head=4.7,6.5&score=induction&edit=z:4.7*0.4`
  await page.goto(`${site.address}${edited}`)
  await expect.poll(shown, { timeout: 30_000 }).toEqual(
    await expected(
      [
        [4, 7],
        [6, 5],
      ],
      12,
      [HALF],
    ),
  )

  const panel = page.locator('[data-panel=writes]')
  await panel.locator('[data-table]').click()
  expect(await panel.locator('tbody tr').count()).toBe(10)
  const download = page.waitForEvent('download', { timeout: 60_000 })
  await panel.getByRole('button', { name: 'svg', exact: true }).click()
  const [spec] = specOfFigure(readFileSync(await (await download).path()))
  expect(spec!.request).toMatchObject({ command: 'run', edits: [{ do: 'scale', by: 0.4 }] })
  await page.close()
})

test('a head that is off writes to no token', async () => {
  page = await browser.newPage({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
  await new Visitor(page, site.address, node).open(`#specimen/${PROMPT}?head=6.5&score=induction&edit=z:6.5*0`)
  await expect.poll(() => page.locator('[data-panel=writes] .none').count(), { timeout: 30_000 }).toBe(2)
  expect(await shown()).toEqual([])
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
