import { css, luminance, type Rgb, type Theme } from './colour.ts'
import { diverging, type Scale, sequential, share } from './scale.ts'

/** The luminance at which black and white letters have the same contrast, (L + .05)² = 1.05 · .05. */
export const EVEN = 0.179
/** A share of the scale below which a tint would not be told from the paper. */
const FAINTEST = 0.015

/** A token's colours. */
export interface Tinted {
  readonly ground: string
  readonly letters: string
}
const tinted = (ground: Rgb): Tinted => ({
  ground: css(ground),
  letters: luminance(ground) > EVEN ? 'black' : 'white',
})

/** A token's ground for a share of attention, and black or white letters, whichever reads better on it. */
export function tint(of: number, full: number, theme: Theme): Tinted | undefined {
  const t = of / full
  return t > FAINTEST ? tinted(sequential(t, theme)) : undefined
}

/** The same for a signed quantity: violet below 0, orange above. */
export function signedTint(value: number, scale: Scale, theme: Theme): Tinted | undefined {
  const t = share(value, scale)
  return Math.abs(t) > FAINTEST ? tinted(diverging(t, theme)) : undefined
}

/** The page's choice of ends for the scale of attention. */
export const ENDS: readonly number[] = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
/** Its choice of the least share that has an arc; above 1 there is none. */
export const LEAST: readonly number[] = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
