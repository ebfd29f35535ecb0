import type { Browser, Page } from 'playwright-core'
import { FIRST_PROMPT as PROMPT } from '../../app/src/state/state.ts'

const OFF = 'head=6.5,6.1&score=induction&edit=z:6.5*0,z:6.1*0'
const DESK = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }

/** A picture of the workbench: the state in its address, and words that stand on the page once it is complete. */
export interface Shot {
  readonly name: string
  readonly state: string
  readonly size: { readonly width: number; readonly height: number }
  readonly theme: 'light' | 'dark'
  readonly words: string
  /** The panel that is brought to the upper edge; left out: the page's own beginning. */
  readonly panel?: string
}

/** The pictures of docs/workbench.md, in docs/images under their names. */
export const SHOTS: readonly Shot[] = [
  { name: 'workbench', state: '', size: DESK, theme: 'light', words: 'mean attention' },
  { name: 'workbench-off', state: `#specimen/${PROMPT}?${OFF}`, size: DESK, theme: 'light', words: 'head 6.1 off' },
  { name: 'workbench-dark', state: `#specimen/${PROMPT}?${OFF}`, size: DESK, theme: 'dark', words: 'head 6.1 off' },
  {
    name: 'workbench-effect',
    state: `#specimen/${PROMPT}?head=4.7&score=ablate-next`,
    size: DESK,
    theme: 'light',
    words: 'head removed',
  },
  { name: 'workbench-phone', state: '', size: PHONE, theme: 'light', words: 'mean attention' },
  {
    name: 'workbench-phone-dark',
    state: `#specimen/${PROMPT}?${OFF}`,
    size: PHONE,
    theme: 'dark',
    words: 'head 6.1 off',
  },
]

/** Takes a picture once nothing is being computed any more. */
export async function take(
  browser: Browser,
  site: string,
  { state, size, theme, words, panel }: Shot,
): Promise<Buffer> {
  const page = await browser.newPage({ viewport: size, colorScheme: theme, reducedMotion: 'reduce' })
  await page.goto(`${site}${state}`)
  await page.waitForFunction(
    text => {
      const continued = document.querySelector('[data-panel=continuation] dl:not(.stale)')?.textContent ?? ''
      return (
        document.body.textContent?.includes(text) &&
        document.querySelector('[data-after]') &&
        !document.querySelector('.stale, [data-waiting], [data-sharp=false]') &&
        continued.length > 60 &&
        !continued.includes('…')
      )
    },
    words,
    { timeout: 120_000 },
  )
  if (panel !== undefined)
    await page.locator(`[data-panel=${panel}]`).evaluate(e => scrollTo(0, e.getBoundingClientRect().top - 12))
  // Canvases are drawn in the frame after the last answer.
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
  const picture = await page.screenshot()
  await page.close()
  return picture
}

/** Widths that tell whether a machine draws text with the fonts of another. */
export const fontsOf = async (page: Page): Promise<readonly number[]> =>
  await page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d')!
    return ['system-ui', 'ui-monospace, monospace', 'sans-serif'].map(family => {
      pen.font = `40px ${family}`
      return Math.round(pen.measureText('Heads 6.5, 6.1 off: the next token').width)
    })
  })
