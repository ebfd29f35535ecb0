import { themes } from '../../../src/figures/colour.ts'
import { channels, type Rgb, type Theme } from './colour.ts'

/* The colours of figures: what is saved from the page looks like the page. */

/** A quantity from 0 to 1 in one hue, in even steps of lightness. */
export const sequential = (t: number, theme: Theme): Rgb => channels(themes[theme].sequential(Math.max(0, t)))

/** A signed quantity, −1 to 1: violet, paper at zero, orange. */
export const diverging = (t: number, theme: Theme): Rgb => channels(themes[theme].diverging(t))

/** A scale of colour with its domain: the same one means the same thing wherever it appears. */
export interface Scale {
  readonly signed: boolean
  /** Of a signed scale: from −most to most; else from 0 to most. */
  readonly most: number
}

/** The share of the scale's end that a value reaches, −1 to 1; NaN for what was not measured. */
export const share = (value: number, { most, signed }: Scale): number =>
  most === 0 ? 0 : Math.max(signed ? -1 : 0, Math.min(1, value / most))

export const colourOf = (value: number, scale: Scale, theme: Theme): Rgb | undefined => {
  const t = share(value, scale)
  if (Number.isNaN(t)) return undefined
  return scale.signed ? diverging(t, theme) : sequential(t, theme)
}

/** A round number at or above: 1, 2, 5 and 10 times a power of ten. */
export function roundUp(x: number): number {
  if (!(x > 0 && Number.isFinite(x))) return 1
  const power = 10 ** Math.floor(Math.log10(x))
  return Number(([1, 2, 5, 10].find(m => m * power >= x * (1 - 1e-9))! * power).toPrecision(12))
}
