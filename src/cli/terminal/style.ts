import { WriteStream } from 'node:tty'

export type Rgb = readonly [red: number, green: number, blue: number]

/** What the terminal that is drawn to can show. */
export interface Style {
  /** Colours that it shows: none, the 256 of xterm, or all. */
  readonly colors: 0 | 256 | 16777216
  /** Width in columns. */
  readonly columns: number
  /** Whether its background is light. */
  readonly light: boolean
}

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
}

const DEFAULT_COLUMNS = 80
const MIN_COLUMNS = 40

/** The style of a stream by the usual signs: `--no-color`, FORCE_COLOR, NO_COLOR, whether it is a terminal, TERM. */
export function styleOf(stream: Stream, env: NodeJS.ProcessEnv, wanted = true): Style {
  const columns = Math.max(MIN_COLUMNS, stream.columns ?? DEFAULT_COLUMNS)
  return { colors: colorsOf(stream, env, wanted), columns, light: /;(7|15)$/.test(env.COLORFGBG ?? '') }
}

function colorsOf(stream: Stream, env: NodeJS.ProcessEnv, wanted: boolean): Style['colors'] {
  const { FORCE_COLOR: forced, NO_COLOR: no, ...rest } = env
  if (!wanted || forced === '0' || forced === 'false') return 0
  if (forced === undefined && (no || !stream.isTTY)) return 0
  const depth = WriteStream.prototype.getColorDepth(rest)
  if (forced === '3' || depth === 24) return 16777216
  // Sixteen colours are too few for a scale: digits then say it all.
  return forced !== undefined || depth === 8 ? 256 : 0
}

/** Steps of one axis of xterm's colour cube, which begins at 16. */
const CUBE = [0, 95, 135, 175, 215, 255]
const nearestStep = (x: number): number =>
  CUBE.reduce((best, step, i) => (Math.abs(step - x) < Math.abs(CUBE[best]! - x) ? i : best), 0)

const code = ({ colors }: Style, [r, g, b]: Rgb, layer: 38 | 48): string =>
  colors === 256
    ? `\u001b[${layer};5;${16 + 36 * nearestStep(r) + 6 * nearestStep(g) + nearestStep(b)}m`
    : `\u001b[${layer};2;${r};${g};${b}m`

const RESET = '\u001b[0m'
const luminance = ([r, g, b]: Rgb): number => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255

/** Text on a background, black or white by what reads better. */
export function onColor(style: Style, background: Rgb, text: string): string {
  if (style.colors === 0) return text
  const ink: Rgb = luminance(background) > 0.45 ? [0, 0, 0] : [255, 255, 255]
  return `${code(style, background, 48)}${code(style, ink, 38)}${text}${RESET}`
}

export const inColor = (style: Style, color: Rgb, text: string): string =>
  style.colors === 0 ? text : `${code(style, color, 38)}${text}${RESET}`
export const bold = ({ colors }: Style, text: string): string => (colors === 0 ? text : `\u001b[1m${text}${RESET}`)
export const dim = ({ colors }: Style, text: string): string => (colors === 0 ? text : `\u001b[2m${text}${RESET}`)
