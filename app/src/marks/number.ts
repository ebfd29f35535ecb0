const MINUS = '−'
const minus = (text: string): string => text.replace('-', MINUS)

/** So many significant digits, without an exponent for everyday sizes: 0.951, 12.3, 1230. */
export function digits(x: number, n = 3): string {
  if (Number.isNaN(x)) return 'not measured'
  if (!Number.isFinite(x)) return x < 0 ? `${MINUS}∞` : '∞'
  if (x === 0) return '0'
  const size = Math.floor(Math.log10(Math.abs(x)))
  if (size < -4 || size > 6) return minus(x.toExponential(n - 1))
  return minus(x.toFixed(Math.max(0, n - 1 - size)))
}

/** With its sign in front. */
export const signed = (x: number, n = 3): string => (x > 0 ? `+${digits(x, n)}` : digits(x, n))

/** A probability: 97.2%, 3.67%, 0.02%, <0.01%. */
export function percent(p: number): string {
  const x = 100 * p
  if (x > 0 && x < 0.005) return '<0.01%'
  return `${x >= 9.995 ? x.toFixed(1) : x.toFixed(2)}%`
}

/** A difference of probabilities in percentage points; what rounds to nothing is 0. */
export function points(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(1)
  if (text === '0.0') return '0'
  return `${difference < 0 ? MINUS : '+'}${text}`
}

/** `0.951 [0.941, 0.957]`. */
export const withInterval = (x: number, low: number | undefined, high: number | undefined, show = digits): string =>
  low === undefined || high === undefined ? show(x) : `${show(x)} [${show(low)}, ${show(high)}]`

/** `1,024`. */
export const count = (n: number): string => n.toLocaleString('en')

/** How long ago, in words short enough for a margin. */
export function age(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s old`
  return ms < 90_000 ? `${Math.round(ms / 1000)} s old` : `${Math.round(ms / 60_000)} min old`
}
