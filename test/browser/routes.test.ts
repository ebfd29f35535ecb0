import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import type { Routes } from '../../src/attribution/information-flow-routes.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { Headwise } from '../../src/library/headwise.ts'
import { load } from '../../src/library/load.ts'
import { Service } from '../../src/service/service.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { launch, type Site, serve } from './support.ts'
import { PROMPT, Visitor } from './workbench.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }]

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

async function expected(position: number, threshold: number, edits: EditInput[] = []): Promise<Routes> {
  const ids = await (await node.tokenizer()).encode(PROMPT)
  const service = new Service(node, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 28 })
  return (await service.call('routes', { ids, edits, position, threshold })) as Routes
}
/** The shares in the table, in the order in which they came. */
const shown = async (page: Page): Promise<string[]> =>
  await page.locator('[data-panel=routes] tbody td:last-child').allTextContents()
const sharesOf = ({ edges }: Routes): string[] => edges.map(e => digits(e.contribution))
const addressOf = (page: Page): string => decodeURIComponent(new URL(page.url()).hash)

test('routes are shown when asked for, with the library’s shares; an edge chooses its head and query', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  await new Visitor(page, site.address, node).open()
  expect(await page.locator('[data-panel=routes]').count()).toBe(0)
  await page.getByRole('button', { name: 'show routes through the layers' }).click()
  const whole = await expected(12, 0.04)
  const edges = page.locator('[data-route]')
  await expect.poll(() => edges.count(), { timeout: 30_000 }).toBe(whole.edges.filter(e => e.part === 'head').length)
  expect(addressOf(page)).toContain('routes=0.04')
  const panel = page.locator('[data-panel=routes]')
  await panel.locator('[data-table]').click()
  expect(await shown(page)).toEqual(sharesOf(whole))
  await panel.locator('[data-table]').click()

  await panel.getByLabel('least contribution that is drawn').selectOption('0.02')
  const more = (await expected(12, 0.02)).edges.filter(e => e.part === 'head')
  await expect.poll(() => edges.count(), { timeout: 30_000 }).toBe(more.length)
  // By keyboard alone: one stop of the Tab key, then arrows.
  expect(await page.locator('[data-route][tabindex="0"]').count()).toBe(1)
  await edges.first().focus()
  await page.keyboard.press('ArrowDown')
  const second = more[1]!
  expect(await panel.locator('[data-told]').textContent()).toContain(`head ${second.to.layer}.${second.head} from`)
  await page.keyboard.press('Enter')
  await expect.poll(() => addressOf(page)).toContain(`head=${second.to.layer}.${second.head}`)
  expect(addressOf(page)).toContain(`query=${second.to.position}`)

  await panel.getByRole('button', { name: 'hide' }).click()
  expect(await page.locator('[data-panel=routes]').count()).toBe(0)
  expect(addressOf(page)).not.toContain('routes')
  await page.close()
})

test.for([
  ['light', 1280],
  ['dark', 390],
] as const)(
  'routes with edits, as a file, without faults of accessibility or overflow: %s, %i px',
  async ([colorScheme, width]) => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' })
    const state = `#specimen/${PROMPT}?head=6.1&score=induction&query=7&routes=0.03&edit=z:6.5*0`
    await new Visitor(page, site.address, node).open(state)
    const wanted = await expected(7, 0.03, OFF)
    await expect
      .poll(() => page.locator('[data-route]').count(), { timeout: 30_000 })
      .toBe(wanted.edges.filter(e => e.part === 'head').length)
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() =>
      (
        globalThis as never as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> }
        }
      ).axe.run(),
    )
    expect(violations.map(v => [v.id, v.nodes.map(n => n.target)])).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const panel = page.locator('[data-panel=routes]')
    const download = page.waitForEvent('download', { timeout: 60_000 })
    await panel.getByRole('button', { name: 'svg', exact: true }).click()
    const file = readFileSync(await (await download).path())
    const [spec] = specOfFigure(file)
    expect(spec!.request).toMatchObject({ command: 'run', edits: [{ do: 'zero' }] })
    expect(file.toString().match(/<path /g)?.length).toBe(wanted.edges.length)
    await panel.locator('[data-table]').click()
    expect(await shown(page)).toEqual(sharesOf(wanted))
    await page.close()
  },
)
