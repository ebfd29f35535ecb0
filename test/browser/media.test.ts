import { expect, test } from 'vitest'
import { COPYING_OFF, eventually, PROMPT, visits } from './workbench.ts'

const visit = visits()

/** Runs in the page from its beginning: whatever moves by itself. */
function watch(): void {
  const moved: string[] = []
  Object.assign(globalThis, { moved })
  for (const kind of ['transitionrun', 'animationstart'])
    addEventListener(kind, e => moved.push(`${kind} ${(e.target as Element).className}`), true)
}
const moved = (): Promise<string[]> => visit.page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved)

test('things move where something moved, and not at all where the system asks for less motion', async () => {
  const { page, visitor } = visit
  await page.addInitScript(watch)
  for (const reducedMotion of ['no-preference', 'reduce'] as const) {
    await page.emulateMedia({ reducedMotion })
    await visitor.open(`#specimen/${PROMPT}?head=6.5&score=induction`)
    await visitor.sees([])
    await visitor.dragDown('6.5', 120)
    await page.keyboard.press('t')
    await page.getByRole('button', { name: 'undo' }).click()
    await visitor.sees([])
    const count = (await moved()).length
    if (reducedMotion === 'reduce') expect(await moved()).toEqual([])
    else expect(count).toBeGreaterThan(0)
    await page.goto('about:blank')
  }
})

test('the theme goes from the system’s to light and dark, is remembered, and the drawings go with it', async () => {
  const { page, visitor } = visit
  await page.emulateMedia({ colorScheme: 'dark' })
  await visitor.open()
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const cell = () => visitor.head('6.5').locator('.mark').getAttribute('fill')
  await eventually(() => visitor.head('6.5').locator('.mark').count()).toBe(1)
  const dark = [await ground(), await cell()]
  const button = page.getByRole('button', { name: /^theme/ })
  await button.click()
  const light = [await ground(), await cell()]
  expect(light[0]).not.toBe(dark[0])
  expect(light[1]).not.toBe(dark[1])
  await button.click()
  expect([await ground(), await cell()]).toEqual(dark)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.reload()
  await eventually(ground).toBe(dark[0])
  await button.click()
  expect(await button.textContent()).toContain('auto')
  expect(await ground()).toBe(light[0])
})

const LONG = `${`${PROMPT} key. `.repeat(12)}${PROMPT}`

test.for([
  ['a short text', PROMPT],
  ['a text that scrolls on the screen', LONG],
])('on paper nothing is cut off, and nothing stands that only a screen can do: %s', async ([, text]) => {
  const { page, visitor } = visit
  await page.emulateMedia({ colorScheme: 'dark' })
  await visitor.open(`#specimen/${text}?head=6.5,6.1&score=induction&routes=0.04&edit=z:6.5*0,z:6.1*0`)
  await visitor.sees(COPYING_OFF, text)
  // As wide as A4 within its margins.
  await page.setViewportSize({ width: 718, height: 1000 })
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const found = await page.evaluate(() => {
    const seen = [...document.body.querySelectorAll<HTMLElement>('*')].filter(e => e.getClientRects().length > 0)
    const name = (e: Element) =>
      `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''} ${e.textContent?.slice(0, 20)}`
    const clips = (e: HTMLElement) => !['visible', 'clip'].includes(getComputedStyle(e).overflowY)
    return {
      controls: seen.filter(e => e.matches('button, select, input, textarea, summary')).map(name),
      wide: seen.filter(e => !e.closest('.heard') && e.getBoundingClientRect().right > innerWidth + 1).map(name),
      cut: seen.filter(e => clips(e) && !e.closest('.heard') && e.scrollHeight > e.clientHeight + 2).map(name),
    }
  })
  expect(found).toEqual({ controls: [], wide: [], cut: [] })
  // Paper is white, whatever the screen was.
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
    'rgb(255, 255, 255)',
  )
  // The patterns as well, although no frame is drawn on the way to paper: the mean of what stands below the diagonal.
  const lightness = await page.locator('[data-matrix] canvas').evaluateAll(all =>
    all.map(c => {
      const { width, height } = c as HTMLCanvasElement
      const { data } = (c as HTMLCanvasElement).getContext('2d')!.getImageData(0, height / 2, width / 2, height / 4)
      const inked = data.filter((_, i) => i % 4 === 1 && data[i + 2] === 255)
      return inked.reduce((s, x) => s + x, 0) / inked.length
    }),
  )
  expect(lightness.length).toBe(2)
  expect(Math.min(...lightness)).toBeGreaterThan(128)
  const pdf = await page.pdf({ format: 'A4' })
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
})
