import type { Rgb, Style } from './style.ts'

/** What values are drawn against. */
export interface Scale {
  /** Whether zero lies in the middle: two hues, and signs on the digits. */
  readonly signed: boolean
  /** The largest absolute value; 1 when all are zero. */
  readonly max: number
}

const UP: Rgb = [255, 145, 40]
const DOWN: Rgb = [150, 95, 255]
export const ONE: Rgb = [40, 185, 170]

/** The scale that holds all values; those that are not finite are left out. */
export function scaleOf(values: ArrayLike<number>, signed: boolean): Scale {
  let max = 0
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) max = Math.max(max, Math.abs(values[i]!))
  return { signed, max: max || 1 }
}

/** Tenths of the scale, cut towards zero; 9 is nine tenths and all above. */
export const tenths = ({ max }: Scale, value: number): number =>
  Math.min(9, Math.floor((10 * Math.abs(value)) / max + 1e-9))

/** The colour of a value: orange above zero and violet below it, or one hue; at zero the terminal's own background. */
export function colorOf({ signed, max }: Scale, value: number, { light }: Style): Rgb {
  const hue = !signed ? ONE : value < 0 ? DOWN : UP
  const base = light ? 255 : 20
  const share = Math.min(1, Math.abs(value) / max) ** 0.75
  return hue.map(c => Math.round(base + (c - base) * share)) as unknown as Rgb
}
