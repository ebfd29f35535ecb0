import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const visit = visits({ viewport: { width: 1280, height: 1200 } })

const open = async (more = ''): Promise<void> => {
  await visit.page.goto(`${visit.site}#specimen/${PROMPT}?head=6.5&score=induction${more}`)
  await eventually(() => visit.page.locator('[data-mass]').textContent()).toContain('of this row')
}
const token = (i: number) => visit.page.locator(`[data-token="${i}"]`)
const entry = (head = '6.5') => visit.page.locator(`[data-entry="${head}"]`)
const address = (): string => visit.visitor.address
/** The library's pattern of a head, [query, key]. */
async function pattern(head: [number, number], edits: EditInput[] = []): Promise<(q: number, k: number) => number> {
  const { get } = await visit.node.run(PROMPT, { capture: ['pattern'], edits })
  const { shape, data } = get('pattern')
  const [, heads = 0, time = 0] = shape
  return (q, k) => data[((head[0] * heads + head[1]) * time + q) * time + k]!
}

test('the shares on the tokens and under the pointer are the library’s', async () => {
  const { page } = visit
  const exact = await pattern([6, 5])
  await open()
  const shares = () =>
    page.locator('[data-token]').evaluateAll(all => all.map(t => t.getAttribute('aria-label')!.split(': ').at(-1)!))
  const row = (q: number) => Array.from({ length: 13 }, (_, k) => digits(k > q ? 0 : exact(q, k)))
  await eventually(shares).toEqual(row(12))
  await token(7).hover()
  await eventually(() => entry().textContent()).toBe(digits(exact(12, 7), 4))
  await token(10).click()
  await eventually(shares).toEqual(row(10))
  expect(address()).toContain('query=10')
})

test('sets of tokens: a drag, a click more, and the mean over them', async () => {
  const { page } = visit
  const exact = await pattern([6, 5])
  await open()
  await token(9).hover()
  await page.mouse.down()
  await token(10).hover({ force: true })
  await page.mouse.up()
  await token(12).click({ modifiers: ['Control'] })
  await eventually(address).toContain('query=9,10,12')
  const mean = [9, 10, 12].reduce((s, q) => s + exact(q, 5), 0) / 3
  await eventually(() => token(5).getAttribute('aria-label')).toBe(`“ a” at 5: ${digits(mean)}`)
})

test('by keyboard: along the text, down the strongest keys, and the edge is knocked out', async () => {
  const { page } = visit
  await open()
  await page.locator('[data-tokens]').focus()
  await page.keyboard.press('ArrowLeft')
  await eventually(address).toContain('query=11')
  await page.keyboard.press('ArrowRight')
  await eventually(address).toContain('query=12')
  await eventually(() => page.locator('[data-arc]').count()).toBeGreaterThan(1)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('e')
  await eventually(address).toMatch(/edit=scores:6\.5!12>(0|7)/)
  const key = Number(/12>(\d+)/.exec(address())![1])
  const edits: EditInput[] = [
    { do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5], queries: [12], keys: [key] },
  ]
  const exact = await pattern([6, 5], edits)
  const strongest = key === 0 ? 7 : 0
  await eventually(() => token(strongest).getAttribute('aria-label')).toMatch(
    new RegExp(`: ${digits(exact(12, strongest))}$`),
  )
  await page.keyboard.press('u')
  await eventually(address).not.toContain('edit')
})

test('the pattern zooms down to one number, by keys and buttons, and the address holds the place', async () => {
  const { page } = visit
  const exact = await pattern([6, 1])
  await open()
  const matrix = page.locator('[data-matrix]').first()
  const shown = () => page.locator('span[data-shown]').textContent()
  await page.locator('[data-head="6.1"]').click()
  await eventually(() => matrix.getAttribute('data-matrix')).toBe('6.1')
  await matrix.focus()
  await page.keyboard.press('ArrowLeft')
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft')
  await eventually(() => entry('6.1').textContent()).toBe(digits(exact(12, 7), 4))
  await eventually(() => matrix.getAttribute('aria-label')).toContain(
    `“ shiny” at 12 to “ key” at 7: ${digits(exact(12, 7))}`,
  )
  await page.keyboard.press('+')
  await eventually(shown).toMatch(/^[67] of 13 tokens a side/)
  await eventually(address).toMatch(/window=\d+,\d+,[67]/)
  await page.reload()
  await eventually(shown).toMatch(/^[67] of 13 tokens a side/)
  await page.getByRole('button', { name: 'all', exact: true }).click()
  await eventually(shown).toBe('all of 13 tokens a side')
  await matrix.focus()
  await page.keyboard.press('t')
  const table = page.getByRole('region', { name: 'Pattern: numbers' })
  const cells = await table.getByRole('row').last().getByRole('cell').allTextContents()
  expect(cells[7]).toBe(digits(exact(12, 7)))
})

test('several heads stand side by side on one scale; the first token can be left out, and its mass is told', async () => {
  const { page } = visit
  const [a, b] = [await pattern([6, 5]), await pattern([6, 1])]
  await open('&full=0.5')
  await page.locator('[data-head="6.1"]').click({ modifiers: ['Control'] })
  await eventually(() => page.locator('[data-matrix]').count()).toBe(2)
  await token(7).hover()
  await eventually(() => entry('6.5').textContent()).toBe(digits(a(12, 7), 4))
  await eventually(() => entry('6.1').textContent()).toBe(digits(b(12, 7), 4))
  await page.getByRole('button', { name: 'leave the first token out' }).click()
  const first = digits((a(12, 0) + b(12, 0)) / 2)
  await eventually(() => page.locator('[data-mass]').textContent()).toContain(
    `${first} of this row lies on the first token, left out`,
  )
  expect(address()).toContain('first=out')
})
