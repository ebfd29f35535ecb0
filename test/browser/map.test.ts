import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const visit = visits()

/** The library's scores of the layer's heads. */
async function scoresOf(): Promise<number[][]> {
  const [grid] = await visit.node.scores(['induction'])
  return grid!.values as number[][]
}
const open = async (): Promise<void> => {
  await visit.visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction`)
  await eventually(() => visit.visitor.head('0.0').getAttribute('aria-label')).toMatch(/induction \d/)
}
/** Names of heads as they stand on the map; of those that are dimmed alone. */
const names = (which = '[data-head]'): Promise<string[]> =>
  visit.page
    .locator('[data-panel=map]')
    .locator(which)
    .evaluateAll(all => all.map(c => (c as SVGElement).dataset.head!))

test('heads go by their score in each layer, the arrows with them, and h brings them home', async () => {
  const scores = await scoresOf()
  await open()
  const home = await names()
  await visit.page.getByLabel('order', { exact: true }).selectOption('score')
  const byScore = scores.flatMap((row, layer) =>
    row
      .map((score, head) => ({ score, name: `${layer}.${head}` }))
      .sort((a, b) => b.score - a.score)
      .map(h => h.name),
  )
  await eventually(names).toEqual(byScore)
  expect(visit.visitor.address).toContain('order=score')
  const ofLayer = byScore.filter(n => n.startsWith('6.'))
  await visit.visitor.head(ofLayer[0]!).click()
  await visit.page.keyboard.press('ArrowRight')
  expect(visit.visitor.address).toContain(`head=${ofLayer[1]}`)
  await visit.page.keyboard.press('h')
  await eventually(names).toEqual(home)
  expect(visit.visitor.address).not.toContain('order')
})

test('the finder counts and dims by score, the handles below the scale as well; the address holds the range', async () => {
  const scores = (await scoresOf()).flatMap((row, layer) =>
    row.map((score, head) => ({ score, name: `${layer}.${head}` })),
  )
  const outside = (low: number, high = 1) => scores.filter(h => h.score < low || h.score > high).map(h => h.name)
  await open()
  await visit.page.locator('[data-find]').fill('> 0.5')
  await visit.page.keyboard.press('Enter')
  await eventually(() => names('.dim')).toEqual(outside(0.5))
  const inside = scores.length - outside(0.5).length
  await visit.page
    .getByText(inside === 1 ? '1 head lies in this range.' : `${inside} heads lie in this range.`)
    .waitFor()
  expect(visit.visitor.address).toContain('range=0.5..')
  await visit.page.getByLabel('least induction shown').fill('0.1')
  await eventually(() => names('.dim')).toEqual(outside(0.1))
  await visit.page.reload()
  await eventually(() => names('.dim')).toEqual(outside(0.1))
  // What makes no sense is answered, and changes nothing.
  const find = visit.page.locator('[data-find]')
  await find.fill('9.9')
  await find.press('Enter')
  await visit.page.getByText('There is no head 9.9').waitFor()
  await find.fill('4.7')
  await find.press('Enter')
  await eventually(() => visit.visitor.panel('head').textContent()).toContain(
    digits(scores.find(h => h.name === '4.7')!.score),
  )
  await visit.page.getByRole('button', { name: 'back to layers × heads' }).click()
  await eventually(() => names('.dim')).toEqual([])
})
