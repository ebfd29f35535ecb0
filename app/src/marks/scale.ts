import { type Oklch, type Rgb, type Theme, toRgb } from './colour.ts'

/** The page's ground, and the two ends of its scales; each theme has its own, none is the other inverted. */
export const PAPER: Readonly<Record<Theme, Oklch>> = { light: [0.988, 0.003, 95], dark: [0.2, 0.008, 265] }
const ENDS: Readonly<Record<Theme, Readonly<Record<'score' | 'plus' | 'minus', Oklch>>>> = {
  light: { score: [0.42, 0.135, 252], plus: [0.6, 0.155, 52], minus: [0.48, 0.2, 297] },
  dark: { score: [0.88, 0.1, 235], plus: [0.8, 0.14, 62], minus: [0.72, 0.17, 300] },
}

/** From the paper to an end in even steps of lightness; chroma runs ahead, so that pale steps have a hue already. */
function between([l0]: Oklch, [l1, c1, hue]: Oklch, t: number): Oklch {
  const x = Math.min(1, Math.max(0, t))
  return [l0 + (l1 - l0) * x, c1 * x ** 0.75, hue]
}

/** A quantity from 0 to 1 in one hue. */
export const sequential = (t: number, theme: Theme): Rgb => toRgb(between(PAPER[theme], ENDS[theme].score, t))

/** A signed quantity, −1 to 1: violet, paper at zero, orange. */
export const diverging = (t: number, theme: Theme): Rgb =>
  toRgb(between(PAPER[theme], ENDS[theme][t < 0 ? 'minus' : 'plus'], Math.abs(t)))

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
