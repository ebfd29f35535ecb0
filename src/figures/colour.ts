type Triple = readonly [number, number, number]

/**
 * A colour of OKLCH, whose lightness (0 to 1) is even to the eye, as the three channels of sRGB, 0 to 1 inside its
 * gamut. `hue` in degrees.
 * Source: B. Ottosson, A perceptual color space for image processing (2020).
 */
export function oklch(lightness: number, chroma: number, hue: number): Triple {
  const angle = (hue * Math.PI) / 180
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)]
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    encode(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    encode(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    encode(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ]
}

/** The transfer function of sRGB. */
const encode = (x: number): number => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055)

const hex = (rgb: Triple): string =>
  `#${rgb
    .map(c =>
      Math.round(255 * Math.max(0, Math.min(1, c)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

/** Lightness, chroma and hue of one end of a scale. */
type End = readonly [lightness: number, chroma: number, hue: number]

/** The colours of a figure on one ground. Dark has scales of its own: there, more is lighter. */
export interface Theme {
  readonly name: 'light' | 'dark'
  readonly paper: string
  readonly ink: string
  readonly muted: string
  /** The outline of marks that should not be loud. */
  readonly faint: string
  readonly rule: string
  /** The line and the band of a curve. */
  readonly line: string
  readonly band: string
  /** A share of the largest value, 0 to 1, in even steps of lightness and one hue. */
  sequential(share: number): string
  /** From −1 (violet) through the paper's colour to 1 (orange). */
  diverging(share: number): string
  /** Text that is read on a cell of that share. */
  on(share: number, signed: boolean): string
}

const TEAL = 200
const ORANGE = 55
const VIOLET = 295

/**
 * The point between two ends, in even steps of lightness; chroma swells in the middle, where straight lines between
 * colours go grey. A colourless end has the other's hue.
 */
const between = ([l0, c0]: End, [l1, c1, hue]: End, share: number): Triple =>
  oklch(l0 + (l1 - l0) * share, c0 + (c1 - c0) * share + SWELL * 4 * share * (1 - share), hue)
const SWELL = 0.03

/** Relative luminance of WCAG 2, 0 to 1. */
function luminance(rgb: Triple): number {
  const [r, g, b] = rgb.map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as unknown as Triple
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
/** Contrast ratio of two colours, 1 to 21. */
export const contrast = (a: Triple, b: Triple): number => {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}
// The better of pure black and white has a contrast of 4.58 or more on any ground.
const BLACK: Triple = oklch(0, 0, 0)
const WHITE: Triple = oklch(1, 0, 0)

interface Ground {
  readonly paper: number
  readonly ink: number
  readonly muted: number
  readonly faint: number
  readonly rule: number
  /** Lightness of the sequential scale at 0 and 1. */
  readonly least: End
  readonly most: End
  readonly above: End
  readonly below: End
  readonly band: End
}

function theme(name: Theme['name'], g: Ground): Theme {
  const grey = (lightness: number): string => hex(oklch(lightness, 0, 0))
  const clipped = (share: number): number => Math.min(1, Math.abs(share))
  const sequential = (share: number): Triple => between(g.least, g.most, clipped(share))
  const diverging = (share: number): Triple => between([g.paper, 0, 0], share < 0 ? g.below : g.above, clipped(share))
  return {
    name,
    paper: grey(g.paper),
    ink: grey(g.ink),
    muted: grey(g.muted),
    faint: grey(g.faint),
    rule: grey(g.rule),
    line: hex(sequential(1)),
    band: hex(oklch(...g.band)),
    sequential: share => hex(sequential(share)),
    diverging: share => hex(diverging(share)),
    on: (share, signed) => {
      const ground = (signed ? diverging : sequential)(share)
      return hex(contrast(ground, BLACK) > contrast(ground, WHITE) ? BLACK : WHITE)
    },
  }
}

export const themes: Readonly<Record<Theme['name'], Theme>> = {
  light: theme('light', {
    paper: 0.99,
    ink: 0.25,
    muted: 0.5,
    faint: 0.78,
    rule: 0.9,
    least: [0.965, 0.012, TEAL],
    most: [0.43, 0.07, TEAL],
    above: [0.6, 0.15, ORANGE],
    below: [0.5, 0.2, VIOLET],
    band: [0.9, 0.035, TEAL],
  }),
  dark: theme('dark', {
    paper: 0.19,
    ink: 0.93,
    muted: 0.68,
    faint: 0.45,
    rule: 0.32,
    least: [0.26, 0.02, TEAL],
    most: [0.88, 0.11, TEAL],
    above: [0.8, 0.14, ORANGE],
    below: [0.72, 0.16, VIOLET],
    band: [0.36, 0.05, TEAL],
  }),
}
