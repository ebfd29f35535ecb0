import { describe, expect, test } from 'vitest'
import { contrast, oklch, themes } from '../../src/figures/colour.ts'

type Rgb = [number, number, number]
const rgb = (hex: string): Rgb => [1, 3, 5].map(i => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as Rgb
const linear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)

/** OKLab of a colour, by the published matrices in the other direction. */
function oklab(colour: Rgb): Rgb {
  const [r, g, b] = colour.map(linear) as Rgb
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}
const shares = Array.from({ length: 21 }, (_, i) => i / 20)

test('colours of CSS Color 4 with known OKLCH', () => {
  for (const [colour, expected] of [
    [oklch(0.62796, 0.25768, 29.234), [1, 0, 0]],
    [oklch(0.86644, 0.29483, 142.495), [0, 1, 0]],
    [oklch(0.45201, 0.31321, 264.052), [0, 0, 1]],
    [oklch(1, 0, 0), [1, 1, 1]],
  ] as const)
    for (const [i, c] of expected.entries()) expect(colour[i]).toBeCloseTo(c, 3)
})

test('contrast of black and white is 21, of a colour with itself 1', () => {
  expect(contrast([0, 0, 0], [1, 1, 1])).toBeCloseTo(21, 9)
  expect(contrast([0.3, 0.5, 0.1], [0.3, 0.5, 0.1])).toBe(1)
})

describe.each([themes.light, themes.dark])('$name', theme => {
  const scales = [
    ['sequential', (s: number) => theme.sequential(s)],
    ['above zero', (s: number) => theme.diverging(s)],
    ['below zero', (s: number) => theme.diverging(-s)],
  ] as const

  test.each(scales)('%s: lightness moves in even steps and never back', (_, scale) => {
    const light = shares.map(s => oklab(rgb(scale(s)))[0])
    const whole = light.at(-1)! - light[0]!
    expect(Math.abs(whole)).toBeGreaterThan(0.35)
    // A channel of 8 bits moves lightness by up to 0.004.
    for (const [i, l] of light.entries()) expect(Math.abs(l - light[0]! - whole * shares[i]!)).toBeLessThan(0.006)
  })

  test.each(scales)('%s: one hue', (_, scale) => {
    const hues = shares.slice(6).map(s => {
      const [, a, b] = oklab(rgb(scale(s)))
      return (Math.atan2(b, a) * 180) / Math.PI
    })
    expect(Math.max(...hues) - Math.min(...hues)).toBeLessThan(4)
  })

  test('zero of a signed scale is the paper', () => {
    expect(theme.diverging(0)).toBe(theme.paper)
    expect([theme.diverging(7), theme.diverging(-7)]).toEqual([theme.diverging(1), theme.diverging(-1)])
  })

  test('numbers on cells and words on paper have a contrast of 4.5 or more', () => {
    for (const s of shares)
      for (const [share, signed] of [
        [s, false],
        [s, true],
        [-s, true],
      ] as const) {
        const ground = signed ? theme.diverging(share) : theme.sequential(share)
        expect(contrast(rgb(theme.on(share, signed)), rgb(ground)), `${share}`).toBeGreaterThanOrEqual(4.5)
      }
    for (const ink of [theme.ink, theme.muted]) expect(contrast(rgb(ink), rgb(theme.paper))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(rgb(theme.line), rgb(theme.band))).toBeGreaterThanOrEqual(3)
  })

  /** Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB. */
  const blind = {
    protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  }
  test.each(Object.entries(blind))('plus and minus are told apart with %s', (_, matrix) => {
    const seen = (hex: string): Rgb => {
      const c = rgb(hex).map(linear) as Rgb
      const encoded = [0, 1, 2].map(r => {
        const x = Math.max(
          0,
          Math.min(
            1,
            c.reduce((s, v, k) => s + matrix[3 * r + k]! * v, 0),
          ),
        )
        return x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055
      })
      return oklab(encoded as Rgb)
    }
    for (const s of [0.3, 0.6, 1]) {
      const [a, b] = [seen(theme.diverging(s)), seen(theme.diverging(-s))]
      // 0.02 is about the least difference that is noticed.
      expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), `share ${s}`).toBeGreaterThan(0.06)
    }
  })
})
