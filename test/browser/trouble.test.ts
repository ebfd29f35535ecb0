import { expect, inject, test } from 'vitest'
import { serve } from './support.ts'
import { eventually, PROMPT, visits } from './workbench.ts'

const visit = visits()
const told = async () => (await visit.page.locator('[role=alert]').allTextContents()).map(t => t.trim())

test('a prompt that the model cannot read is told of once, costs little, and leaves nothing of another below it', async () => {
  const { page, visitor } = visit
  await visitor.open()
  const prompt = page.locator('[data-prompt]')
  await prompt.fill('word '.repeat(30_000))
  await eventually(told).toEqual([
    expect.stringMatching(/^The prompt has 30,\d{3} tokens and the model was made for 512; shorten it\.$/),
  ])
  expect(await page.locator('[data-token]').count()).toBe(0)
  expect(await page.locator('[data-after]').count()).toBe(0)
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(2000)
  await prompt.fill('a'.repeat(300_000))
  await eventually(async () => (await told())[0]).toContain('300,000 characters, and a prompt has at most 200,000')
  expect((await prompt.inputValue()).length).toBe(150_000)
  await prompt.fill(PROMPT)
  await visitor.sees([])
  expect(await told()).toEqual([])
})

test('such a prompt in a link is told of as well', async () => {
  const { page, visitor, site } = visit
  await page.goto(`${site}#specimen/ids:${new Array(5000).fill(5)}`)
  await eventually(told).toEqual(['The prompt has 5,000 tokens and the model was made for 512; shorten it.'])
  await visitor.open(`#specimen/${'a'.repeat(250_000)}?head=6.5`)
  await eventually(() => page.getByText('at most 200000 are taken').count()).toBe(1)
  await visitor.sees([])
})

test('a link to another model says which one is here, and leads there', async () => {
  const { page, visitor, site } = visit
  await page.goto(`${site}#<img src=x>/Tom saw?head=0.0`)
  await eventually(told).toEqual([
    'The address names the model “<img src=x>”; this page has specimen and opens nothing else.',
  ])
  await page.getByRole('button', { name: 'begin anew' }).click()
  await visitor.sees([])
})

test('numbers of before are greyed where their successor failed', async () => {
  const { page, visitor } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5`)
  await visitor.sees([])
  await page.evaluate(() => {
    location.hash += '&edit=z:6.5*0,z:6.5~mean@1'
  })
  await eventually(async () => (await told())[0]).toContain('two edits replace the same cell')
  expect(await page.locator('[data-panel=next] ol.stale').count()).toBe(1)
  await page.keyboard.press('u')
  await visitor.sees([])
  expect(await page.locator('[data-panel=next] .stale').count()).toBe(0)
})

test('once it is there, the page needs no connection', async () => {
  const { page, context, visitor } = visit
  await visitor.open()
  await visitor.sees([])
  await context.setOffline(true)
  await page.locator('[data-prompt]').fill('Tom saw a cat. The cat saw')
  await visitor.sees([], 'Tom saw a cat. The cat saw')
  await page.getByLabel('score', { exact: true }).selectOption('ablate-next')
  await eventually(() => visitor.head('6.5').getAttribute('aria-label')).toMatch(/effect on the next token [−+\d]/)
  const saved = page.waitForEvent('download')
  await page.locator('[data-panel=map] button', { hasText: 'svg' }).click()
  expect((await saved).suggestedFilename()).toBe('map.svg')
  expect(await told()).toEqual([])
})

test('a runtime that the host does not have is named', async () => {
  await using host = await serve(inject('workbenchPages'), {
    instead: path => (/ort-wasm-simd-threaded-.*\.js$/.test(path) ? 404 : undefined),
  })
  await visit.page.goto(host.address)
  await eventually(async () => (await told())[0]).toMatch(
    /could not be loaded from .*ort-wasm.*\.js and .*\.wasm; check/,
  )
})

test('keys reach what is folded away in a narrow window, and nothing behind the list of keys', async () => {
  const { page, visitor } = visit
  await page.setViewportSize({ width: 390, height: 844 })
  await visitor.open()
  await page.keyboard.press('/')
  await page.keyboard.type('4.7')
  await page.keyboard.press('Enter')
  expect(visitor.address).toContain('head=4.7')
  await visitor.head('4.7').focus()
  const lists = () => page.locator('[aria-labelledby=keys-title]').count()
  await page.keyboard.press('?')
  await eventually(lists).toBe(1)
  await page.keyboard.press('0')
  await page.keyboard.press('Escape')
  await eventually(lists).toBe(0)
  expect(visitor.address).not.toContain('edit')
  await page.keyboard.press('0')
  expect(visitor.address).toContain('edit=z:4.7*0')
})

test('what was stopped says so and can be taken up again', async () => {
  const { page, visitor } = visit
  let slow = true
  const held: (() => void)[] = []
  await page.route('**/*.safetensors', async route => {
    if (slow) await new Promise<void>(resolve => held.push(resolve))
    await route.continue().catch(() => undefined)
  })
  await page.goto(visit.site)
  await page.getByRole('button', { name: 'stop' }).click()
  await eventually(() => page.getByText('Stopped before the model came').count()).toBe(1)
  slow = false
  for (const go of held) go()
  await page.getByRole('button', { name: 'go on' }).click()
  await visitor.sees([])
})

test('what an edit does to the next token is said to those who hear the page', async () => {
  const { page, visitor } = visit
  await visitor.open()
  const said = page.locator('[data-heard]')
  await eventually(() => said.textContent()).toBe('Next token “ key” 82.5%.')
  await visitor.head('6.5').focus()
  await page.keyboard.press('0')
  await eventually(() => said.textContent()).toBe('With 1 edit: next token “ key” 50.7%; without “ key” 82.5%.')
})

test('a query cannot be kept from attending to what comes later: nothing is done', async () => {
  const { page, visitor } = visit
  await visitor.open(`#specimen/${PROMPT}?head=6.5&query=3`)
  await page.locator('[data-token="6"]').hover()
  await page.keyboard.press('e')
  expect(visitor.address).not.toContain('edit')
  await page.locator('[data-token="2"]').hover()
  await page.keyboard.press('e')
  expect(visitor.address).toContain('edit=scores:6.5!3>2')
})
