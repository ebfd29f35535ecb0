import { expect, inject, test } from 'vitest'
import { digits, percent } from '../../app/src/marks/number.ts'
import { tokenLabel } from '../../app/src/marks/token-text.ts'
import { logProbabilities } from '../../src/runs/metric.ts'
import type { EditInput } from '../../src/words/edit.ts'
import { serve } from './support.ts'
import { COPYING_OFF, PROMPT, visits } from './workbench.ts'

const visit = visits()

test('the first visit: what stands on the page is what the library says', async () => {
  const { page, visitor, node } = visit
  await visitor.open()
  expect(await page.locator('[data-prompt]').inputValue()).toBe(PROMPT)
  await visitor.sees([])
  const [grid] = await node.scores(['induction'])
  const [values, low, high] = [grid!.values, grid!.low!, grid!.high!].map(v => (v as number[][])[6]![5]!)
  await expect
    .poll(() => page.locator('[data-panel=head]').textContent(), { timeout: 30_000 })
    .toContain(`${digits(values!)} [${digits(low!)}, ${digits(high!)}]`)
  await expect
    .poll(() => visitor.head('6.5').getAttribute('aria-label'))
    .toBe(`head 6.5, induction ${digits(values!)} [${digits(low!)}, ${digits(high!)}]`)
})

test('every key typed into the prompt moves the tokens, the bars and the map', async () => {
  const { page, visitor } = visit
  await visitor.open('#specimen/One day Lily found a shiny key. Ben lost the?head=6.5&score=previous&on=prompt')
  const label = () => visitor.head('4.7').getAttribute('aria-label')
  await expect.poll(label, { timeout: 30_000 }).toMatch(/previous token 0\./)
  const [before, map] = [await visitor.bars(), await label()]
  await page.locator('[data-prompt]').focus()
  await page.keyboard.press('End')
  await page.keyboard.type(' shiny')
  await visitor.sees([])
  expect(await visitor.bars()).not.toEqual(before)
  await expect.poll(label, { timeout: 30_000 }).not.toBe(map)
  expect(await page.locator('[data-count]').textContent()).toBe('13 tokens, room for 512')
  expect(visitor.address).toMatch(/^#specimen\/One day Lily found a shiny key\. Ben lost the shiny\?/)
})

test('a head dragged down changes the next token; its line can be switched off, undone and done again', async () => {
  const { page, visitor } = visit
  await visitor.open()
  await visitor.dragDown('6.5', 120)
  await visitor.sees([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }])
  expect(visitor.address).toContain('edit=z:6.5*0')
  const line = page.getByRole('checkbox', { name: 'head 6.5 off' })
  await line.uncheck()
  await visitor.sees([])
  await line.check()
  await visitor.dragDown('6.1', 48)
  const both: EditInput[] = [
    { do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] },
    { do: 'scale', by: 0.5, at: { site: 'z', layer: 6 }, heads: [1] },
  ]
  await visitor.sees(both)
  await page.getByRole('button', { name: 'undo' }).click()
  await visitor.sees(both.slice(0, 1))
  await page.getByRole('button', { name: 'redo' }).click()
  await visitor.sees(both)
})

test('a temperature changes how likely the next tokens are, and what is drawn', async () => {
  const { page, visitor, node } = visit
  await visitor.open()
  await visitor.sees([])
  const continuation = page.locator('[data-panel=continuation]')
  await expect.poll(() => continuation.textContent()).toContain('likeliest token each time')
  await page.locator('[data-draw=temperature]').fill('2.5')
  const { logits, document } = await node.run(PROMPT)
  const probabilities = logProbabilities(logits.data.map(x => x / 2.5)).map(Math.exp)
  const top = 'top' in document ? document.top.slice(0, 3) : []
  const expected = Object.fromEntries(top.map(t => [t.token, percent(probabilities[t.id]!)]))
  await expect.poll(() => visitor.bars(), { timeout: 30_000 }).toMatchObject(expected)
  expect(visitor.address).toContain('temperature=2.5')
  let text = ''
  for await (const step of node.generate(PROMPT, { maxTokens: 24, temperature: 2.5, seed: 0 })) text += step.text
  const words = (s: string | null) => (s ?? '').replace(/\s+/g, ' ').trim()
  await expect
    .poll(async () => words(await continuation.locator('dd').textContent()), { timeout: 30_000 })
    .toBe(words(text))
  expect(await continuation.textContent()).toContain('drawn at temperature 2.5, seed 0')
  await page.locator('[data-draw=temperature]').fill('')
  await visitor.sees([])
})

test('an address brings the whole state back, and so do back and forward', async () => {
  const { page, visitor } = visit
  const state = `#specimen/${PROMPT}?head=6.5,6.1&score=previous&on=prompt&query=6&edit=z:6.5*0,z:6.1*0`
  await visitor.open(state)
  await visitor.sees(COPYING_OFF)
  expect(visitor.address).toBe(state)
  await page.reload()
  await visitor.sees(COPYING_OFF)
  expect(await page.getByLabel('score', { exact: true }).inputValue()).toBe('previous')
  expect(await visitor.head('6.1').getAttribute('aria-selected')).toBe('true')
  await visitor.head('2.3').click()
  expect(visitor.address).toContain('head=2.3')
  await page.goBack()
  expect(await visitor.head('6.5').getAttribute('aria-selected')).toBe('true')
  await page.goForward()
  expect(await visitor.head('2.3').getAttribute('aria-selected')).toBe('true')
})

test('everything can be done by keyboard alone', async () => {
  const { page, visitor } = visit
  await visitor.open()
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-head'))
  for (let i = 0; i < 40 && (await focused()) !== '6.5'; i++) await page.keyboard.press('Tab')
  expect(await focused()).toBe('6.5')
  await page.keyboard.press('Shift+ArrowLeft')
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowLeft')
  expect(await focused()).toBe('6.1')
  await page.keyboard.press('Space')
  expect(await visitor.head('6.5').getAttribute('aria-selected')).toBe('true')
  expect(await visitor.head('6.1').getAttribute('aria-selected')).toBe('true')
  await page.keyboard.press('0')
  await visitor.sees(COPYING_OFF)
  await page.keyboard.press('m')
  await visitor.sees([{ do: 'mean', at: { site: 'z', layer: 6 }, heads: [5, 1] }])
  await page.keyboard.press('1')
  await visitor.sees([])
  await page.keyboard.press('[')
  await page.keyboard.press('[')
  expect(visitor.address).toContain('edit=z:6.5*0.9,z:6.1*0.9')
  await page.keyboard.press('u')
  expect(visitor.address).not.toContain('edit')
  await page.keyboard.press('/')
  await page.keyboard.type('4.7')
  await page.keyboard.press('Enter')
  expect(visitor.address).toContain('head=4.7')
  await visitor.head('4.7').focus()
  await page.keyboard.press('t')
  const table = page.getByRole('region', { name: 'Heads: numbers' })
  expect(await table.getByRole('row').count()).toBe(65)
  await page.keyboard.press('t')
  await page.keyboard.press('?')
  expect(await page.getByRole('dialog').isVisible()).toBe(true)
  await page.keyboard.press('Escape')
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test.for([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('axe finds nothing wrong: %s, %i px', async ([colorScheme, width]) => {
  const { page, visitor } = visit
  await page.setViewportSize({ width, height: 844 })
  await page.emulateMedia({ colorScheme })
  await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction&edit=z:6.5*0,-z:6.1~mean`)
  await visitor.sees(COPYING_OFF.map(e => ({ ...e, heads: [5] }) as EditInput))
  // Everything is there, and nothing is greyed any more.
  await page.waitForFunction(
    () => document.querySelector('[data-score]')?.textContent?.includes('→') && !document.querySelector('.stale'),
  )
  expect(await visitor.faults()).toEqual([])
})

test('what is hostile in a prompt or an address is text, and what makes no sense is told of', async () => {
  const { page, visitor } = visit
  const text = '<script>globalThis.bad=1</script><img src=x onerror=globalThis.bad=1>'
  await visitor.open(`#specimen/${encodeURIComponent(text)}?head=9.9&score=induction&edit=z:6.5*0,what&colour=red`)
  expect(await page.locator('[data-prompt]').inputValue()).toBe(text)
  await visitor.sees([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }], text)
  expect(await page.evaluate(() => 'bad' in globalThis)).toBe(false)
  await expect.poll(() => page.getByText('does not know').count()).toBe(1)
  await expect.poll(() => page.getByText('was not understood').count()).toBe(1)
  await expect.poll(() => page.getByText('has no head 9.9').count()).toBe(1)
})

test('an engine that cannot be reached is said so, and another try is offered', async () => {
  const { page, visitor } = visit
  let broken = true
  await using flaky = await serve(inject('workbenchPages'), {
    instead: path => (broken && path.includes('/engine/') ? 503 : undefined),
  })
  await page.goto(flaky.address)
  const again = page.getByRole('button', { name: 'try again' })
  await again.waitFor({ timeout: 30_000 })
  broken = false
  await again.click()
  await visitor.sees([])
  // The browser tells of what it was refused on the way.
  visit.wrong.length = 0
})

test('once it is there the page needs no network: prompt, edits and engine go on without', async () => {
  const { page, visitor, context } = visit
  await visitor.open()
  await visitor.sees([])
  await context.setOffline(true)
  await visitor.dragDown('6.5', 120)
  await page.locator('[data-prompt]').press('End')
  await page.keyboard.type(' key')
  await visitor.sees([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] }], `${PROMPT} key`)
})

test('two hundred edits leave the page’s memory as it was', async () => {
  const { page, visitor, context } = visit
  await visitor.open()
  const session = await context.newCDPSession(page)
  const used = async (): Promise<number> => {
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return usedSize
  }
  const scale = page.getByRole('slider', { name: 'scale' })
  const edits = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await scale.fill(String(((i % 20) + 1) / 20))
  }
  await edits(40)
  await visitor.sees([])
  const before = await used()
  await edits(200)
  await visitor.sees([])
  expect((await used()) - before).toBeLessThan(4 * 2 ** 20)
})

test('tokens of the prompt are labelled as they are', async () => {
  const { page, visitor } = visit
  await visitor.open()
  expect(await page.locator('[data-panel=next] header').textContent()).toContain(`after ${tokenLabel(' shiny')}`)
})
