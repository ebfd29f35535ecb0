import { expect, test } from 'vitest'
import { leftWords } from '../../app/src/marks/left-words.ts'
import { percent } from '../../app/src/marks/number.ts'
import { logProbabilities } from '../../src/runs/metric.ts'
import { tokensWithin } from '../../src/runs/sample.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const visit = visits()

const DRAW = { temperature: 1.5, topK: 5, topP: 0.9 }
const OFF: EditInput[] = [{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }]
const field = (name: string) => visit.page.locator(`[data-draw=${name}]`)
const words = () => visit.page.locator('[data-left]').textContent()

/** What the library leaves to draw from, and the probability of each token at the temperature. */
async function leftBy(edits: EditInput[]) {
  const { logits } = await visit.node.run(PROMPT, { edits })
  const p = logProbabilities(logits.data.map(x => x / DRAW.temperature)).map(Math.exp)
  const ids = tokensWithin(logits.data, DRAW)
  return { ids, p, left: { tokens: ids.length, probability: ids.reduce((s, id) => s + p[id]!, 0) } }
}

test('top-k and top-p: the bars that may be drawn, what these hold, and the continuation, with an edit', async () => {
  const { page, visitor, node } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&edit=z:6.5*0`)
  expect(await words()).toBe('The continuation takes the likeliest token each time.')
  await field('temperature').fill('1.5')
  await field('top-k').fill('5')
  await field('top-p').fill('0.9')
  const [before, after] = [await leftBy([]), await leftBy(OFF)]
  expect(after.ids.length).toBeLessThan(5)
  const expected = leftWords(DRAW, { before: before.left, after: after.left }, true)
  await eventually(words).toBe(expected)
  expect(visitor.address).toContain('temperature=1.5&top-k=5&top-p=0.9')
  const rows = await page.locator('[data-panel=next] ol li').evaluateAll(all =>
    all.map(row => ({
      token: row.querySelector('.token')?.textContent?.replaceAll('·', ' '),
      shown: row.querySelector('[data-after]')?.textContent,
      within: row.querySelector<HTMLElement>('[data-within]')?.dataset.within === 'true',
      pale: [...row.querySelectorAll('i')].map(bar => bar.classList.contains('pale')),
    })),
  )
  const tokenizer = await node.tokenizer()
  for (const [side, index] of [
    [after, 0],
    [before, 1],
  ] as const) {
    const may = rows.filter(r => !r.pale[index]).map(r => r.token)
    expect(may.sort()).toEqual([...side.ids].map(id => tokenizer.tokenText(id)).sort())
  }
  for (const row of rows) expect(row.within).toBe(!row.pale[0])
  // The probability shown is the model's, whatever the limits are.
  const best = after.ids[0]!
  expect(rows.find(r => r.token === tokenizer.tokenText(best))!.shown).toBe(percent(after.p[best]!))
  let text = ''
  for await (const step of node.generate(PROMPT, { maxTokens: 24, ...DRAW, edits: OFF, seed: 0 })) text += step.text
  const plain = (s: string | null) => (s ?? '').replace(/\s+/g, ' ').trim()
  await expect
    .poll(async () => plain(await page.locator('[data-panel=continuation] dd').last().textContent()), {
      timeout: 30_000,
    })
    .toBe(plain(text))
  await page.reload()
  await eventually(words).toBe(expected)
})

test('what cannot be drawn with is refused in a sentence, and one token left is the likeliest', async () => {
  const { visitor } = visit
  await visitor.open()
  await field('top-k').fill('1')
  await eventually(words).toMatch(/^Draws from 1 token that holds/)
  await field('top-p').fill('1.5')
  await field('top-p').press('Tab')
  expect(await words()).toBe('top-p is a number above 0, at most 1.')
  expect(visitor.address).not.toContain('top-p')
  expect(await visitor.faults()).toEqual([])
  await field('top-p').fill('0.5')
  await eventually(words).toMatch(/^Draws from 1 token that holds/)
})
