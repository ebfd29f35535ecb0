import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { EXAMPLE } from '../../app/src/state/parse.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { gridValues } from '../../src/results/grid.ts'
import { PROMPT, visits } from './workbench.ts'

const PARSED = `#specimen/${PROMPT}?head=4.7&score=induction&edit=z:5.4*0.5&parse=${EXAMPLE.parse.map(w => `${w.form}:${w.head}:${w.relation}`).join()}`

const visit = visits()
const panel = (page: Page) => page.locator('[data-panel=syntax]')

/** What head 4.7 gives each edge of the example, from the library's capture: one token a word behind the added one. */
async function expectedShares(): Promise<Map<number, number>> {
  const { get } = await visit.node.run(PROMPT, { capture: ['pattern@4'] })
  const { shape, data } = get('pattern@4')
  const time = shape.at(-1)!
  return new Map(
    EXAMPLE.parse.flatMap(({ head }, d) => {
      if (head === 0) return []
      const [later, earlier] = [Math.max(d, head - 1), Math.min(d, head - 1)]
      return [[d, data[(7 * time + later + 1) * time + earlier + 1]!] as const]
    }),
  )
}

test('our example is taken, its numbers are the library’s, and a filter, keys, undo and typing do what they say', async () => {
  const { page, visitor, node } = visit
  await visitor.open()
  expect(await panel(page).count()).toBe(0)
  await visitor.head('4.7').click()
  await page.getByRole('button', { name: 'parse…' }).click()
  await page.locator('[data-parse]').fill('1 One')
  await page.getByRole('button', { name: 'show this parse' }).click()
  expect(await panel(page).textContent()).toContain('line 1 has 1 fields')
  await page.getByRole('button', { name: 'our example' }).click()
  await expect.poll(() => visitor.address).toContain('parse=One:2:nummod,day:4:obl')
  expect(await panel(page).locator('[data-whose]').textContent()).toContain('our example, not the model’s')

  // Heavy edges are those that the head attends along.
  const shares = await expectedShares()
  const heavy = () =>
    page
      .locator('[data-dependency].followed')
      .evaluateAll(all => all.map(g => Number((g as SVGElement).dataset.dependency)))
  await expect.poll(heavy).toEqual([...shares].filter(([, x]) => x >= 0.05).map(([d]) => d))

  // The table, and the map of all heads.
  await panel(page).locator('[data-table]').click()
  const cells = await panel(page)
    .locator('tbody tr')
    .evaluateAll(rows => rows.map(r => r.querySelectorAll('td')[4]?.textContent?.trim()))
  expect(cells).toEqual([...shares.values()].map(x => digits(x)))
  await panel(page).locator('[data-table]').click()
  await page.getByRole('button', { name: 'map all heads' }).click()
  const [share] = await node.syntax({ text: PROMPT, parse: EXAMPLE.parse })
  const told = page.locator('[data-panel=head] .fact').first()
  await expect
    .poll(() => told.textContent(), { timeout: 30_000 })
    .toContain(digits(gridValues(share!).data[4 * 8 + 7]!))
  expect(await told.textContent()).toMatch(/n = 10$|n\s=\s10/)

  // By keys: the first edge, then the last; Enter makes its later word the query.
  await page.locator('[data-dependencies]').focus()
  await page.keyboard.press('End')
  const last = shares.get(11)!
  await expect
    .poll(() => panel(page).locator('[data-told]').textContent())
    .toContain(`lost → shiny (obj): from shiny to lost 4.7 attends ${digits(last)}`)
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await expect.poll(() => visitor.address).toContain('query=2')

  await panel(page).locator('select').selectOption('obj')
  await expect.poll(() => page.locator('[data-dependency]').count()).toBe(2)
  const [objects] = await node.syntax({ text: PROMPT, parse: EXAMPLE.parse }, { relations: ['obj'] })
  await expect
    .poll(() => told.textContent(), { timeout: 30_000 })
    .toContain(digits(gridValues(objects!).data[4 * 8 + 7]!))

  const [spec] = specOfFigure(await visitor.saved('syntax'))
  expect(spec!.request).toMatchObject({ command: 'run', prompts: [{ text: PROMPT }] })

  // Another word: the parse goes, with a sentence, and undo brings both back.
  await page.locator('[data-prompt]').fill(`${PROMPT} key`)
  await expect.poll(() => page.locator('[data-dropped]').textContent()).toContain('the text goes on with “key”')
  expect(visitor.address).not.toContain('parse=')
  await panel(page).getByRole('button', { name: 'undo' }).click()
  await expect.poll(() => visitor.address).toContain(`${PROMPT}?`)
  await expect.poll(() => page.locator('[data-dependency]').count()).toBe(10)
  await panel(page).getByRole('button', { name: 'remove' }).click()
  await expect.poll(() => panel(page).count()).toBe(0)
})

test('a parse in the address is drawn on a phone, in dark, without faults', async () => {
  const { page, visitor } = visit
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await visitor.open(PARSED)
  await expect.poll(() => page.locator('[data-dependency]').count(), { timeout: 30_000 }).toBe(10)
  await expect.poll(() => page.locator('[data-dependency].followed').count()).toBeGreaterThan(2)
  // No label lies outside the text, and none above its panel.
  const outside = await page.locator('[data-dependencies] text').evaluateAll(all =>
    all
      .filter(t => {
        const [box, text] = [t.getBoundingClientRect(), t.closest('.inside')!.getBoundingClientRect()]
        return box.top < text.top - 1 || box.left < text.left - 1 || box.right > text.right + 1
      })
      .map(t => t.textContent),
  )
  expect(outside).toEqual([])
  expect(await visitor.faults()).toEqual([])
})
