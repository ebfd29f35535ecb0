import { expect, test } from 'vitest'
import { signed } from '../../app/src/marks/number.ts'
import { effectWords, rankedEffects } from '../../app/src/marks/token-effects.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { gridValues } from '../../src/results/grid.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const visit = visits()

const OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }]
const numberOf = (shown: string): number => Number(shown.replace('−', '-'))

/** What the library says, and the sentence of the page for one token. */
async function expected(edits: EditInput[], text = PROMPT) {
  const grid = await visit.node.knockout({ text, by: 'key', edits })
  const values = [...gridValues(grid).data]
  const tokens = grid.axes[0]!.labels!.map(text => ({ text }))
  const next = { text: JSON.parse(/of ("(?:[^"\\]|\\.)*")/.exec(grid.metric)![1]!) as string }
  const words = (key: number) => effectWords(tokens, key, values, next)
  return { values, words }
}
const told = () => visit.page.locator('[data-effect]')
const said = () => told().textContent()

/** Opens the table and compares every row with the library, to the four digits that are shown. */
async function seesTable(values: readonly number[]): Promise<void> {
  const panel = visit.visitor.panel('text')
  await panel.locator('[data-table]').click()
  const shown = await panel.locator('tbody td:nth-child(3)').allTextContents()
  expect(shown).toHaveLength(values.length)
  // Engines of browser and node differ in the last digit of what is near 0.
  const off = shown.map((x, i) => Math.abs(numberOf(x) - values[i]!) / (1 + Math.abs(values[i]!)))
  expect(Math.max(...off)).toBeLessThan(5e-4)
  await panel.locator('[data-table]').click()
}

test('the effect of each token is that of the library, without and with an edit, by pointer and by keyboard', async () => {
  const { page, visitor } = visit
  await visitor.open()
  expect(await told().count()).toBe(0)
  await page.locator('[data-tint]').selectOption('effect')
  expect(visitor.address).toContain('tint=effect')
  const clean = await expected([])
  await eventually(said).toContain(`Largest: ${clean.words(7)}`)
  await page.locator('[data-token="6"]').hover()
  expect(await said()).toContain(clean.words(6))
  const label = await page.locator('[data-token="7"]').getAttribute('aria-label')
  expect(label).toContain(`effect ${signed(clean.values[7]!)} nats`)
  await page.mouse.move(0, 0)
  await page.waitForFunction(() => !document.querySelector('.stale'))
  expect(await visitor.faults()).toEqual([])
  await seesTable(clean.values)

  await page.keyboard.press('Escape')
  await page.locator('[data-head="6.5"]').focus()
  await page.keyboard.press('0')
  const edited = await expected(OFF)
  await eventually(said).toContain(edited.words(7))
  await seesTable(edited.values)

  // Down the keys by falling size of their effect, though head 6.5 attends to others.
  await page.locator('[data-tokens]').focus()
  const [first, pointed] = rankedEffects(edited.values) as [number, number]
  for (const key of [first, pointed]) {
    await page.keyboard.press('ArrowDown')
    expect(await said()).toContain(edited.words(key))
  }

  // Typed faster than effects come: the last text is the one that is told of.
  await page.locator('[data-prompt]').focus()
  await page.keyboard.press('End')
  await page.keyboard.type(' key. Tom found a shiny')
  const longer = await expected(OFF, `${PROMPT} key. Tom found a shiny`)
  await eventually(said).toContain(`Largest: ${longer.words(rankedEffects(longer.values)[0]!)}`)
  await seesTable(longer.values)

  const [spec] = specOfFigure(await visitor.saved('text'))
  expect(spec!.request).toMatchObject({
    command: 'knockout',
    edits: [{ do: 'zero' }],
    method: { id: 'token-knockout', parameters: { by: 'key' } },
  })
})

test('long texts are computed when asked for, with their progress, and can be stopped', async () => {
  const { visitor } = visit
  const text = 'Clara had a red kite and the wind was strong. '.repeat(12)
  await visitor.open(`#specimen/${text}?head=6.5&score=previous&on=prompt&tint=effect`)
  await eventually(said).toContain('passes over this prompt')
  await told().getByRole('button', { name: 'compute' }).click()
  const stop = visitor.panel('text').getByRole('button', { name: 'stop' })
  await stop.waitFor({ timeout: 30_000 })
  expect(await visitor.panel('text').locator('[data-waiting]').textContent()).toMatch(/effects of the tokens: .*% done/)
  await stop.click()
  await eventually(said).toContain('compute')
})

test('the same on a phone in the dark, without faults of accessibility or overflow', async () => {
  const { page, visitor } = visit
  await page.setViewportSize({ width: 390, height: 800 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&tint=effect&first=out`)
  await eventually(said).toContain('Largest: without')
  await page.waitForFunction(() => !document.querySelector('.stale'))
  expect(await visitor.faults()).toEqual([])
})
