import type { Rgb, Style } from './style.ts'

/** What values are drawn against. */
export interface Scale {
  /** Whether zero lies in the middle: two hues, and signs on the digits. */
  readonly signed: boolean
  /** The largest absolute value; 1 when all are zero. */
  readonly max: number
}

/** A hue in all colours, and as five steps of xterm's 256 on a dark and on a light background. */
interface Hue {
  readonly full: Rgb
  readonly dark: readonly Rgb[]
  readonly light: readonly Rgb[]
}

const ORANGE: Hue = {
  full: [255, 145, 40],
  dark: [
    [135, 95, 0],
    [175, 95, 0],
    [215, 135, 0],
    [255, 135, 0],
    [255, 175, 0],
  ],
  light: [
    [255, 215, 175],
    [255, 175, 135],
    [255, 175, 95],
    [255, 135, 95],
    [255, 135, 0],
  ],
}
const VIOLET: Hue = {
  full: [150, 95, 255],
  dark: [
    [95, 0, 135],
    [95, 0, 175],
    [135, 0, 215],
    [135, 95, 255],
    [175, 135, 255],
  ],
  light: [
    [215, 215, 255],
    [215, 175, 255],
    [175, 135, 255],
    [175, 95, 255],
    [135, 95, 255],
  ],
}
const TEAL: Hue = {
  full: [40, 185, 170],
  dark: [
    [0, 95, 95],
    [0, 135, 135],
    [0, 175, 135],
    [0, 175, 175],
    [0, 215, 175],
  ],
  light: [
    [175, 255, 215],
    [135, 255, 215],
    [95, 215, 175],
    [0, 215, 175],
    [0, 175, 175],
  ],
}
/** The colour of bars. */
export const BAR_COLOR: Rgb = TEAL.full

/** The scale that holds all values; those that are not finite are left out. */
export function scaleOf(values: ArrayLike<number>, signed: boolean): Scale {
  let max = 0
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) max = Math.max(max, Math.abs(values[i]!))
  return { signed, max: max || 1 }
}

/** Tenths of the scale, cut towards zero; 9 is nine tenths and all above. */
export const tenths = ({ max }: Scale, value: number): number =>
  Math.min(9, Math.floor((10 * Math.abs(value)) / max + 1e-9))

/** The colour of a value: orange above zero and violet below it, or one hue; at zero near the terminal's background. */
export function colorOf(scale: Scale, value: number, { light, colors }: Style): Rgb {
  const hue = !scale.signed ? TEAL : value < 0 ? VIOLET : ORANGE
  if (colors === 256) return (light ? hue.light : hue.dark)[Math.floor(tenths(scale, value) / 2)]!
  const base = light ? 255 : 20
  const share = Math.min(1, Math.abs(value) / scale.max) ** 0.75
  return hue.full.map(c => Math.round(base + (c - base) * share)) as unknown as Rgb
}
