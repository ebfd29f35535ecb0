import { beforeAll, expect, test } from 'vitest'
import { percent } from '../../app/src/marks/number.ts'
import { saidTwice } from '../../app/src/tour/sequence.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, visits } from './workbench.ts'

const visit = visits()
let ids: number[]
beforeAll(async () => {
  const { specialIds, firstToken = null } = await visit.node.tokenizer()
  const specialTokens = [...specialIds].map(id => ({ id, text: '' }))
  ids = saidTwice({ firstToken, vocab: visit.node.config.vocab, specialTokens }, 0)
})

const off = (...heads: string[]): EditInput[] =>
  heads.map(name => {
    const [layer = 0, head = 0] = name.split('.').map(Number)
    return { do: 'zero', at: { site: 'z', layer }, heads: [head] }
  })
/** Copying and its loss out of the library's logits: a route of its own. */
async function measured(edits: EditInput[]): Promise<{ copied: string; loss: number }> {
  const { logits } = await visit.node.run(ids, { edits, allLogits: true })
  const [, vocab = 0] = logits.shape
  let [right, loss] = [0, 0]
  for (let t = 52; t < ids.length; t++) {
    const row = logits.data.subarray((t - 1) * vocab, t * vocab)
    const most = row.reduce((a, b) => Math.max(a, b))
    if (row[ids[t]!] === most) right++
    loss += most + Math.log(row.reduce((s, x) => s + Math.exp(x - most), 0)) - row[ids[t]!]!
  }
  return { copied: percent(right / 49), loss: loss / 49 }
}
const shown = async (edits: EditInput[]): Promise<void> => {
  const { copied, loss } = await measured(edits)
  await eventually(() => visit.page.locator('[data-copying]').textContent()).toContain(copied)
  const apart = async (): Promise<number> => {
    const [, said = ''] =
      /loss ([\d.]+) nats a token, n = 49/.exec((await visit.page.locator('[data-loss]').textContent()) ?? '') ?? []
    return Math.abs(Number(said) - loss)
  }
  // Three digits are shown; rounding in the browser may move the last.
  await eventually(apart).toBeLessThan(1e-5 + 0.006 * loss)
}
const press = async (name: string | RegExp): Promise<void> => {
  const button = visit.visitor.panel('tour').getByRole('button', { name, exact: typeof name === 'string' })
  await button.focus()
  await visit.page.keyboard.press('Enter')
}
const step = (n: number) => press(new RegExp(`^step ${n}:`))

test('the tour by keyboard alone: every figure is what the library gives', async () => {
  const { page, site } = visit
  await page.goto(site)
  await page.getByRole('button', { name: 'tour', exact: true }).focus()
  await page.keyboard.press('Enter')
  await shown([])
  expect(decodeURIComponent(page.url())).toContain(`ids:${ids.join(',')}`)
  await step(4)
  await press('switch 6.5 off')
  await shown(off('6.5'))
  await press(/^next/)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('tour-title')
  await press('switch 6.5 and 6.1 off')
  await shown(off('6.5', '6.1'))
  await press(/^next/)
  await press('put everything back')
  await shown([])
  await press('two others off')
  const others = /head=([\d.]+),([\d.]+)/.exec(page.url())!
  await shown(off(others[1]!, others[2]!))
  await press(/^next/)
  await press('4.7 off')
  await shown(off('4.7'))
  await press(/^next/)
  const rows = page.locator('[data-record] tbody tr')
  expect(await rows.locator('th').allTextContents()).toEqual([
    'nothing off',
    '6.5 off',
    '6.5 and 6.1 off',
    `${others[1]} and ${others[2]} off`,
    '4.7 off',
  ])
  await press('to a text of your own')
  await eventually(() => page.locator('[data-prompt]').count()).toBe(1)
  expect(page.url()).not.toContain('tour=')
})

test('a link leads into the middle of the tour, and a head that is switched off on the map counts', async () => {
  const { page, site } = visit
  await page.goto(`${site}#specimen/ids:${ids.join(',')}?head=6.5&score=induction&tour=4`)
  await shown([])
  await page.locator('[data-head="6.5"]').focus()
  await page.keyboard.press('0')
  await shown(off('6.5'))
  await eventually(() => page.locator('[data-panel=tour] .done').count()).toBe(1)
})

test.for([
  ['light', 1280],
  ['dark', 390],
] as const)('axe finds nothing wrong in the tour: %s, %i px', async ([colorScheme, width]) => {
  const { page, visitor, site } = visit
  await page.setViewportSize({ width, height: 844 })
  await page.emulateMedia({ colorScheme })
  await page.goto(`${site}#specimen/ids:${ids.join(',')}?head=6.5,6.1&score=induction&edit=z:6.5*0&tour=5`)
  await shown(off('6.5'))
  expect(await visitor.faults()).toEqual([])
})
