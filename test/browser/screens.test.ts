import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fontsOf, SHOTS, take } from './shots.ts'
import { visits } from './workbench.ts'

const images = join(import.meta.dirname, '../../docs/images')
const fonts = join(import.meta.dirname, 'screens.json')

/** A pixel differs when a channel does by more than this, of 255; so many of them may, for how text is smoothed. */
const CHANNEL = 32
const SHARE = 0.01

const visit = visits()

/** The share of pixels in which two pictures differ; 1 where their sizes do. */
async function difference(a: Buffer, b: Buffer): Promise<number> {
  const page = await visit.browser.newPage()
  const share = await page.evaluate(
    async ([first, second, channel]) => {
      const [x, y] = await Promise.all(
        [first, second].map(async data => {
          const image = new Image()
          image.src = `data:image/png;base64,${data}`
          await image.decode()
          const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
          const pen = canvas.getContext('2d')!
          pen.drawImage(image, 0, 0)
          return pen.getImageData(0, 0, image.width, image.height)
        }),
      )
      if (x!.width !== y!.width || x!.height !== y!.height) return 1
      let differing = 0
      for (let i = 0; i < x!.data.length; i += 4)
        if ([0, 1, 2].some(c => Math.abs(x!.data[i + c]! - y!.data[i + c]!) > channel)) differing++
      return differing / (x!.width * x!.height)
    },
    [a.toString('base64'), b.toString('base64'), CHANNEL] as const,
  )
  await page.close()
  return share
}

/** Where this machine's fonts are others, pictures cannot be compared. */
async function sameFonts(): Promise<boolean> {
  const page = await visit.browser.newPage()
  const found = await fontsOf(page)
  await page.close()
  return existsSync(fonts) && JSON.stringify(found) === JSON.stringify(JSON.parse(readFileSync(fonts, 'utf8')))
}

test.for(SHOTS)(
  '$name is the picture that the pages show (update: node scripts/screenshots.mjs)',
  async (shot, { skip }) => {
    skip(!(await sameFonts()), 'skipped: other fonts than those of the machine that took the pictures')
    const kept = readFileSync(join(images, `${shot.name}.png`))
    expect(await difference(await take(visit.browser, visit.site, shot), kept)).toBeLessThan(SHARE)
  },
)
