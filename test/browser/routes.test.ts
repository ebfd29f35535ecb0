import { expect, test } from 'vitest'
import { digits } from '../../app/src/marks/number.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { EditInput } from '../../src/words/edit.ts'
import type { RouteGraph } from '../../src/words/routes.ts'
import { PROMPT, serviceOf, visits } from './workbench.ts'

const OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }]

const visit = visits()

async function expected(position: number, threshold: number, edits: EditInput[] = []): Promise<RouteGraph> {
  const ids = await (await visit.node.tokenizer()).encode(PROMPT)
  return (await serviceOf(visit.node).call('routes', { ids, edits, position, threshold })) as RouteGraph
}
/** The shares in the table, in the order in which they came. */
const shown = (): Promise<string[]> => visit.page.locator('[data-panel=routes] tbody td:last-child').allTextContents()
const sharesOf = ({ edges }: RouteGraph): string[] => edges.map(e => digits(e.contribution))

test('routes are shown when asked for, with the library’s shares; an edge chooses its head and query', async () => {
  const { page, visitor } = visit
  await visitor.open()
  expect(await page.locator('[data-panel=routes]').count()).toBe(0)
  await page.getByRole('button', { name: 'show routes through the layers' }).click()
  const whole = await expected(12, 0.04)
  const edges = page.locator('[data-route]')
  await expect.poll(() => edges.count(), { timeout: 30_000 }).toBe(whole.edges.filter(e => e.part === 'head').length)
  expect(visitor.address).toContain('routes=0.04')
  const panel = visitor.panel('routes')
  await panel.locator('[data-table]').click()
  expect(await shown()).toEqual(sharesOf(whole))
  await panel.locator('[data-table]').click()

  const mass = `${digits(whole.notDrawn, 2)} of what enters the drawn points`
  expect(await panel.locator('[data-mass]').textContent()).toContain(mass)

  await panel.getByLabel('least contribution that is drawn').selectOption('0.02')
  const more = (await expected(12, 0.02)).edges.filter(e => e.part === 'head')
  await expect.poll(() => edges.count(), { timeout: 30_000 }).toBe(more.length)
  // By keyboard alone: one stop of the Tab key, then arrows, through the points, bows and lines.
  expect(await page.locator('[data-item][tabindex="0"]').count()).toBe(1)
  await page.locator('[data-item="0"]').focus()
  const told = panel.locator('[data-told]')
  expect(await told.textContent()).toContain('after layer 7 at “ shiny”, 12')
  await page.keyboard.press('ArrowRight')
  expect(await told.textContent()).toContain('feed-forward of layer 7')
  const second = more[1]!
  const name = `head ${second.to.layer}.${second.head} from`
  for (let i = 0; i < 60 && !(await told.textContent())?.includes(name); i++) await page.keyboard.press('ArrowRight')
  expect(await told.textContent()).toContain(name)
  await page.keyboard.press('Enter')
  await expect.poll(() => visitor.address).toContain(`head=${second.to.layer}.${second.head}`)
  expect(visitor.address).toContain(`query=${second.to.position}`)

  await panel.getByRole('button', { name: 'hide' }).click()
  expect(await page.locator('[data-panel=routes]').count()).toBe(0)
  expect(visitor.address).not.toContain('routes')
})

test.for([
  ['light', 1280],
  ['dark', 390],
] as const)(
  'routes with edits, as a file, without faults of accessibility or overflow: %s, %i px',
  async ([colorScheme, width]) => {
    const { page, visitor } = visit
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    const state = `#specimen/${PROMPT}?head=6.1&score=induction&query=7&routes=0.03&edit=z:6.5*0`
    await visitor.open(state)
    const wanted = await expected(7, 0.03, OFF)
    await expect
      .poll(() => page.locator('[data-route]').count(), { timeout: 30_000 })
      .toBe(wanted.edges.filter(e => e.part === 'head').length)
    expect(await visitor.faults()).toEqual([])
    const panel = visitor.panel('routes')
    const file = await visitor.saved('routes')
    const [spec] = specOfFigure(file)
    expect(spec!.request).toMatchObject({ command: 'run', edits: [{ do: 'zero' }] })
    expect(file.toString().match(/<path /g)?.length).toBe(wanted.edges.length)
    await panel.locator('[data-table]').click()
    expect(await shown()).toEqual(sharesOf(wanted))
  },
)
