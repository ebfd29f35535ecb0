import { expect, test } from 'vitest'
import { certaintyOf } from '../../../app/src/marks/certainty.ts'
import { channels, css, type Rgb } from '../../../app/src/marks/colour.ts'
import { colourOf, diverging, roundUp, sequential } from '../../../app/src/marks/scale.ts'
import { contrast, themes } from '../../../src/figures/colour.ts'

const steps = Array.from({ length: 21 }, (_, i) => i / 20)
const names = ['light', 'dark'] as const
const share = (rgb: Rgb) => rgb.map(x => x / 255) as unknown as [number, number, number]

/** Lightness of OKLab from sRGB, the way back (Ottosson 2020), written out here as a second route. */
function lightness([r, g, b]: readonly number[]): number {
  const [x, y, z] = [r!, g!, b!].map(v => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
  const l = Math.cbrt(0.4122214708 * x! + 0.5363325363 * y! + 0.0514459929 * z!)
  const m = Math.cbrt(0.2119034982 * x! + 0.6806995451 * y! + 0.1073969566 * z!)
  const s = Math.cbrt(0.0883024619 * x! + 0.2817188376 * y! + 0.6299787005 * z!)
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s
}

test('hexadecimal colours have channels', () => {
  expect(channels('#ff8001')).toEqual([255, 128, 1])
  expect(css([255, 128, 1])).toBe('rgb(255 128 1)')
})

test.each(names)('%s: lightness goes from the paper in even steps, within the screen’s colours', theme => {
  for (const scale of [sequential, diverging, (t: number, x: typeof theme) => diverging(-t, x)]) {
    const l = steps.map(t => lightness(scale(t, theme)))
    const each = l.slice(1).map((x, i) => x - l[i]!)
    const mean = (l.at(-1)! - l[0]!) / 20
    for (const e of each) expect(Math.abs(e - mean)).toBeLessThan(0.012)
  }
})

test.each(names)('%s: zero is paper; both signs are told apart by who sees no red or no green', theme => {
  expect(diverging(0, theme)).toEqual(channels(themes[theme].paper))
  // Orange and violet differ in blue, which both kinds of colour blindness see.
  expect(diverging(-1, theme)[2] - diverging(1, theme)[2]).toBeGreaterThan(90)
  expect(contrast(share(diverging(1, theme)), share(channels(themes[theme].paper)))).toBeGreaterThan(3)
  expect(contrast(share(diverging(-1, theme)), share(channels(themes[theme].paper)))).toBeGreaterThan(3)
})

test('a colour is a value’s share of its scale; beyond the end it is the end; nothing measured has none', () => {
  const scale = { signed: true, most: 2 }
  expect(colourOf(1, scale, 'light')).toEqual(diverging(0.5, 'light'))
  expect(colourOf(-9, scale, 'light')).toEqual(diverging(-1, 'light'))
  expect(colourOf(Number.NaN, scale, 'light')).toBeUndefined()
  expect(colourOf(-1, { signed: false, most: 1 }, 'light')).toEqual(sequential(0, 'light'))
})

test('ends of scales are round', () => {
  expect([0.951, 0.2, 3.1, 0.004, 10, 0].map(roundUp)).toEqual([1, 0.2, 5, 0.005, 10, 1])
})

test('an interval tells what is known', () => {
  expect(certaintyOf(-1, 1)).toBe('zero')
  expect(certaintyOf(0, 1)).toBe('zero')
  expect(certaintyOf(0.1, 1)).toBe('clear')
  expect(certaintyOf(undefined, 1)).toBe('unknown')
  expect(certaintyOf(Number.NaN, 1)).toBe('unknown')
})
