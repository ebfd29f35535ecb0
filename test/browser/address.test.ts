import { expect, test } from 'vitest'
import type { EditInput } from '../../src/words/edit.ts'
import { PROMPT, visits } from './workbench.ts'

const visit = visits()

test('back takes a drag back, and what was typed; what in an address was not understood is told', async () => {
  const { page, visitor } = visit
  await visitor.open('#specimen/ids:1.5')
  await expect.poll(() => page.getByText('not a list of whole numbers').count()).toBe(1)
  await visitor.dragDown('6.5', 40)
  await visitor.dragDown('6.1', 40)
  expect(visitor.address).toMatch(/edit=z:6.5.*,z:6.1/)
  await page.goBack()
  await expect.poll(() => visitor.address).not.toContain('z:6.1')
  expect(visitor.address).toContain('edit=z:6.5')
  await page.locator('[data-prompt]').fill('Tom saw')
  await page.locator('[data-prompt]').pressSequentially(' a cat')
  expect(visitor.address).toContain('Tom saw a cat')
  await page.goBack()
  await visitor.sees([{ do: 'scale', by: 0.58, at: { site: 'z', layer: 6 }, heads: [5] }])
})

test('what an address says twice, and edges that overlap, leave the page standing', async () => {
  const { page, visitor } = visit
  const twice =
    'head=6.5,6.5&score=previous&beside=previous&edit=z:6.5*0,z:6.5*0,scores:6.1!4+5>1,scores:6.1!5+6>1&query=5'
  await visitor.open(`#specimen/${PROMPT}?${twice}`)
  const edge = (query: number[]) =>
    ({ do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [1], queries: query, keys: [1] }) as EditInput
  await visitor.sees([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }, edge([4, 5]), edge([5, 6])])
  await visitor.head('6.1').click()
  expect(await page.locator('[data-panel=edits] li').count()).toBe(3)
  await page.getByLabel('beside').selectOption('sink')
  await page.getByLabel('score', { exact: true }).selectOption('sink')
  await expect.poll(() => visitor.head('0.0').getAttribute('aria-label')).toMatch(/sink/)
})
