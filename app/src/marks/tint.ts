import { css, luminance, type Theme } from './colour.ts'
import { sequential } from './scale.ts'

/** The luminance at which black and white letters have the same contrast, (L + .05)² = 1.05 · .05. */
export const EVEN = 0.179
/** A share of the scale below which a tint would not be told from the paper. */
const FAINTEST = 0.015

/** A token's ground for a share of attention, and black or white letters, whichever reads better on it. */
export function tint(share: number, full: number, theme: Theme): { ground: string; letters: string } | undefined {
  const t = share / full
  if (!(t > FAINTEST)) return undefined
  const ground = sequential(t, theme)
  return { ground: css(ground), letters: luminance(ground) > EVEN ? 'black' : 'white' }
}

/** The page's choice of ends for the scale of attention. */
export const ENDS: readonly number[] = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
/** Its choice of the least share that has an arc; above 1 there is none. */
export const LEAST: readonly number[] = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
