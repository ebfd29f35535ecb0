import { expect, test } from 'vitest'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

// So high that nothing scrolls under the pointer.
const visit = visits({ viewport: { width: 1280, height: 1500 } })
const panel = () => visit.visitor.panel('query-key')
const between = () => panel().locator('[data-between]').textContent()

test('without a hand on it, it is the strongest key of the query; then the cell that is pointed at', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await visitor.seesEdge([6, 5], 12, 7)
  expect(await between()).toBe('q and z of “ shiny” at 12, k and v of “ key” at 7; q and k after rotary; no unit')
  await page.locator('[data-token="5"]').hover()
  await visitor.seesEdge([6, 5], 12, 5)
  await visitor.head('4.7').click()
  await visitor.seesEdge([4, 7], 12, 11)
})

test('arrows in the pattern move it, and a knocked-out edge says so; other edits change its numbers', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await page.locator('[data-matrix="6.5"]').focus()
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key)
  await visitor.seesEdge([6, 5], 11, 10)
  await page.locator('[data-matrix="6.5"]').focus()
  await page.keyboard.press('e')
  const out: EditInput = { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [11], keys: [10] }
  await visitor.seesEdge([6, 5], 11, 10, [out])
  expect(await panel().locator('[data-score]').textContent()).toContain('knocked out −∞ → 0 of this row')
  expect(await between()).toContain('q and k after rotary, all with the edits')
})

test('each dimension is told where it is pointed at, else the largest', async () => {
  const { visitor } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction`)
  const words = (group = 'scores') => panel().locator(`[data-dimension=${group}]`).textContent()
  await eventually(words).toMatch(/dimension \d+, the largest:\s+\S+ × \S+ = \+/)
  await eventually(() => words('values')).toMatch(/dimension \d+, the largest:\s+0\.\d+ × \S+ = [+−]/)
  await panel()
    .locator('svg')
    .first()
    .hover({ position: { x: 2, y: 4 } })
  await eventually(words).toMatch(/dimension 0:\s/)
  // Dimensions of q and k are not those of v and z.
  expect(await words('values')).toContain('the largest')
})
