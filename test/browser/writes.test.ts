import { expect, test } from 'vitest'
import { signed } from '../../app/src/marks/number.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { WritesResult } from '../../src/service/verbs.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { PROMPT, serviceOf, visits } from './workbench.ts'

const HALF: EditInput = { do: 'scale', by: 0.4, at: { site: 'z', layer: 4 }, heads: [7] }

const visit = visits()

/** What the library says, as the page writes it. */
async function expected(pairs: readonly (readonly [number, number])[], position: number, edits: EditInput[] = []) {
  const ids = await (await visit.node.tokenizer()).encode(PROMPT)
  const service = serviceOf(visit.node)
  const heads = pairs.map(([layer, head]) => ({ layer, head }))
  const { raises, lowers } = (await service.call('writes', { ids, edits, heads, position, top: 5 })) as WritesResult
  return [...raises, ...lowers].map(t => `${t.text.replaceAll(' ', '·')} ${signed(t.logits)}`)
}
const shown = (): Promise<string[]> =>
  visit.page
    .locator('[data-panel=writes] li:has([data-logits])')
    .evaluateAll(rows =>
      rows.map(
        r => `${r.querySelector('.token')?.textContent?.trim()} ${r.querySelector('[data-logits]')?.textContent}`,
      ),
    )

test('what heads write stands beside them, to the shown digits, and follows heads, query and edits', async () => {
  const { page, visitor, site } = visit
  await visitor.open()
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
  await page.goto(`${site}${edited}`)
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

  const panel = visitor.panel('writes')
  await panel.locator('[data-table]').click()
  expect(await panel.locator('tbody tr').count()).toBe(10)
  const [spec] = specOfFigure(await visitor.saved('writes'))
  expect(spec!.request).toMatchObject({ command: 'run', edits: [{ do: 'scale', by: 0.4 }] })
})

test('a head that is off writes to no token', async () => {
  const { page, visitor } = visit
  await page.setViewportSize({ width: 390, height: 844 })
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&edit=z:6.5*0`)
  await expect.poll(() => page.locator('[data-panel=writes] .none').count(), { timeout: 30_000 }).toBe(2)
  expect(await shown()).toEqual([])
  expect(await visitor.faults()).toEqual([])
})
