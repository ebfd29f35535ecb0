import { expect, test } from 'vitest'
import { digits, percent, signed } from '../../app/src/marks/number.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { Component } from '../../src/words/component.ts'
import type { EditInput } from '../../src/words/edit.ts'
import type { Writes } from '../../src/words/writes.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const HALF: EditInput = { do: 'scale', by: 0.4, at: { site: 'z', layer: 4 }, heads: [7] }

const visit = visits()

/** What the library says, as the page writes it. */
async function expected(pairs: readonly (readonly [number, number])[], position: number, edits: EditInput[] = []) {
  const [first, ...rest] = pairs.map(([layer, head]) => ({ layer, head }))
  return sidesOf(await visit.node.writes(PROMPT, { of: { heads: [first!, ...rest] }, position, edits, top: 5 }))
}
const sidesOf = ({ raises, lowers }: Writes): string[] =>
  [...raises, ...lowers].map(t => `${t.token.replaceAll(' ', '·')} ${signed(t.logits)}`)
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

/** Waits until the panel shows the library's numbers of a part: both sides, the lens, the neurons. */
async function sees(of: Component, title: string, position: number): Promise<void> {
  const whole = await visit.node.writes(PROMPT, { of, position, edits: [HALF], top: 5 })
  const panel = visit.visitor.panel('writes')
  await eventually(() => panel.locator('h2').textContent()).toBe(title)
  await eventually(shown).toEqual(sidesOf(whole))
  expect(await panel.locator('[data-from]').textContent()).toContain(`, ${position}`)
  const lens = (whole.lens ?? []).map(t => percent(Math.exp(t.logprob)))
  expect(await panel.locator('[data-lens]').allTextContents()).toEqual(lens)
  const neurons = 'mlp' in of ? whole.neurons! : []
  expect(await panel.locator('[data-activation]').allTextContents()).toEqual(neurons.map(n => signed(n.activation)))
  expect(await panel.locator('[data-length]').allTextContents()).toEqual(neurons.map(n => digits(n.length)))
}
const EDITED = `#specimen/${PROMPT}?head=6.5&score=induction&edit=z:4.7*0.4`

test('a residual, a feed-forward block and its neuron are chosen by click and by key, with edits in force', async () => {
  const { page, visitor } = visit
  await visitor.open(`${EDITED}&routes=0.04`)
  const stands = () => page.locator('[data-part="resid5@7"]').evaluate(e => e.getBoundingClientRect().y + scrollY)
  await page.locator('[data-part="resid5@7"]').waitFor({ timeout: 30_000 })
  const before = await stands()
  // A point that stands elsewhere is read there, and the routes stay.
  await page.locator('[data-part="resid5@7"]').click({ timeout: 30_000 })
  await sees({ residual: 'resid_post', layer: 5 }, 'After layer 5', 7)
  expect(visitor.address).toContain('writes=resid5@7')
  // What one chooses from does not move.
  expect(await stands()).toBe(before)
  expect(visitor.address).not.toContain('query=')
  await page.locator('[data-part="mlp5@12"]').focus()
  await page.keyboard.press('Enter')
  await sees({ mlp: 5 }, 'Feed-forward 5', 12)
  expect(await stands()).toBe(before)
  expect(visitor.address).toMatch(/writes=mlp5(&|$)/)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await sees({ residual: 'resid_mid', layer: 5 }, 'After attention 5', 12)
  await page.getByLabel('what is read', { exact: true }).selectOption('mlp')
  await sees({ mlp: 5 }, 'Feed-forward 5', 12)
  const { neurons } = await visit.node.writes(PROMPT, { of: { mlp: 5 }, edits: [HALF], top: 1 })
  const { neuron } = neurons![1]!
  await page.getByRole('button', { name: `neuron 5.${neuron}`, exact: true }).click()
  await sees({ neuron: { layer: 5, neuron } }, `Neuron 5.${neuron}`, 12)
  expect(visitor.address).toContain(`writes=neuron5.${neuron}`)
  expect(await visitor.faults()).toEqual([])
  await page.getByRole('button', { name: 'back to the head' }).click()
  await eventually(shown).toEqual(await expected([[6, 5]], 12, [HALF]))
  expect(visitor.address).not.toContain('writes')
})

test('a part from the address, in the dark on a phone; a new query takes it along', async () => {
  const { page, visitor } = visit
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await visitor.open(`${EDITED}&writes=resid6@9`)
  const of = { residual: 'resid_post', layer: 6 } as const
  await sees(of, 'After layer 6', 9)
  await page.locator('[data-token="7"]').click()
  await sees(of, 'After layer 6', 7)
  await page.getByLabel('layer that is read').selectOption('7')
  await sees({ ...of, layer: 7 }, 'After layer 7', 7)
  expect(await visitor.faults()).toEqual([])
  const panel = visitor.panel('writes')
  const file = await visitor.saved('writes')
  expect(specOfFigure(file)[0]!.request).toMatchObject({ command: 'run', edits: [{ do: 'scale', by: 0.4 }] })
  expect(file.toString()).toContain('lens after layer 7')
  await panel.locator('[data-table]').click()
  expect(await panel.locator('tbody tr').count()).toBe(15)
})
