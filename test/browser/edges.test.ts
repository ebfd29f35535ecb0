import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { BEYOND } from '../../app/src/marks/pattern-draw.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

// So high that nothing scrolls under the pointer.
const visit = visits({ viewport: { width: 1280, height: 1500 } })

const out = (query: number, key: number): EditInput => ({
  ...{ do: 'knockout', at: { site: 'scores', layer: 6 }, heads: [5] },
  ...{ queries: [query], keys: [key] },
})
const OFF = (head: number): EditInput => ({ do: 'zero', at: { site: 'z', layer: 6 }, heads: [head] })

/** Clicks in the middle of an arc from the last token. */
async function clickArc(key: number): Promise<void> {
  const arc = visit.page.locator(`[data-arc="12 ${key}"]`).first()
  await arc.scrollIntoViewIfNeeded()
  const { x, y } = await arc.evaluate(e => {
    const path = e as unknown as SVGPathElement
    const { x, y } = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM()!)
    return { x, y }
  })
  await visit.page.mouse.click(x, y)
}

/** Clicks where the pattern of 13 tokens has this cell. */
async function clickCell(query: number, key: number): Promise<void> {
  const canvas = visit.page.locator('[data-matrix] canvas')
  await canvas.scrollIntoViewIfNeeded()
  const { width, height } = (await canvas.boundingBox())!
  // As wide and as high as its margins leave room for, in thirteen parts.
  const [left, top] = [84, 72]
  const cell = (width - left - BEYOND) / 13
  expect(height - top - BEYOND).toBeCloseTo(13 * cell, 0)
  await canvas.click({ position: { x: left + (key + 0.5) * cell, y: top + (query + 0.5) * cell } })
}

test('a click on an arc knocks the edge out, the next one allows it again', async () => {
  const { visitor } = visit
  await visitor.open()
  await visitor.sees([])
  await clickArc(7)
  expect(visitor.address).toContain('edit=scores:6.5!12>7')
  await visitor.sees([out(12, 7)])
  await eventually(() => visit.page.locator('.arcs .out').count()).toBe(1)
  await clickArc(7)
  expect(visitor.address).not.toContain('edit')
  await visitor.sees([])
})

test('a click on a cell chooses query and key for good; e knocks the edge out, and allows it again', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await clickCell(11, 6)
  expect(visitor.address).toContain('query=11&key=6')
  await visitor.seesEdge([6, 5], 11, 6)
  await page.mouse.move(0, 0)
  await page.reload()
  await visitor.seesEdge([6, 5], 11, 6)
  // What is pointed at is told of for as long as it is.
  await page.locator('[data-token="3"]').hover()
  await visitor.seesEdge([6, 5], 11, 3)
  await page.mouse.move(0, 0)
  await page.locator('[data-matrix]').focus()
  await page.keyboard.press('e')
  expect(visitor.address).toContain('edit=scores:6.5!11>6')
  await visitor.seesEdge([6, 5], 11, 6, [out(11, 6)])
  await page.locator('[data-matrix]').focus()
  await page.keyboard.press('e')
  expect(visitor.address).not.toContain('edit')
  await page.keyboard.press('ArrowLeft')
  expect(visitor.address).toContain('query=11&key=5')
  // Another query has a strongest key of its own.
  await page.locator('[data-token="12"]').click()
  expect(visitor.address).not.toContain('key=')
  // Above the diagonal there is no edge.
  await clickCell(4, 9)
  expect(visitor.address).toContain('query=4')
  expect(visitor.address).not.toContain('key=')
})

test('undo and redo go through what was done on the map, at the slider, on an arc and in the prompt', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await visitor.dragDown('6.1', 120)
  await visitor.head('6.5').click()
  await page.getByRole('slider', { name: 'scale' }).fill('0.5')
  await clickArc(7)
  await page.locator('[data-prompt]').press('End')
  await page.keyboard.type(' toy')
  const half: EditInput = { do: 'scale', by: 0.5, at: { site: 'z', layer: 6 }, heads: [5] }
  const steps: readonly [EditInput[], string][] = [
    [[], PROMPT],
    [[OFF(1)], PROMPT],
    [[OFF(1), half], PROMPT],
    [[OFF(1), half, out(12, 7)], PROMPT],
  ]
  await visitor.sees(steps.at(-1)![0], `${PROMPT} toy`)
  const undo = page.getByRole('button', { name: 'undo' })
  // A word that is typed is more than one step.
  for (let i = 0; i < 8 && (await page.locator('[data-prompt]').inputValue()) !== PROMPT; i++) await undo.click()
  for (const [edits, text] of steps.toReversed()) {
    await visitor.sees(edits, text)
    if (edits.length > 0) await undo.click()
  }
  expect(await undo.isDisabled()).toBe(true)
  for (const [edits, text] of steps) {
    await visitor.sees(edits, text)
    await page.getByRole('button', { name: 'redo' }).click()
  }
  expect(await page.locator('[data-prompt]').inputValue()).not.toBe(PROMPT)
})

test('the saved text has the arcs of the page, a mark under its query, and how much has none', async () => {
  const { page, visitor, node } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&arcs=0.02&edit=scores:6.5!12>6`)
  await eventually(() => page.locator('[data-mass]').textContent()).toContain('of this row')
  await eventually(() => page.locator('.arcs .out').count()).toBe(1)
  const svg = (await visitor.saved('text')).toString()
  const run = await node.run(PROMPT, { capture: ['pattern@6'], edits: [out(12, 6)] })
  const pattern = run.get('pattern@6').data
  const row = Array.from({ length: 13 }, (_, k) => pattern[(5 * 13 + 12) * 13 + k]!)
  const over = row.filter(x => x >= 0.02)
  expect(over.length).toBeGreaterThan(1)
  expect(svg.match(/<path d="M[^"]*C/g)?.length).toBe(over.length + 1)
  expect(svg.match(/stroke-dasharray/g)?.length).toBe(1)
  const said = [...svg.matchAll(/>([^<]+)<\/text>/g)].map(m => m[1]).join(' ')
  expect(said).toContain(
    `${Number(digits(over.reduce((s, x) => s + x, 0)))} of this row lies on ${over.length} tokens at 0.02`,
  )
  expect(svg.match(/height="3"/g)?.length).toBe(1)
})
