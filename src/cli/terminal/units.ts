/** A number with three significant digits, for reading. */
export function number(x: number): string {
  if (!Number.isFinite(x)) return String(x)
  const size = Math.abs(x)
  if (size === 0) return '0'
  if (size < 1e-4 || size >= 1e6) return x.toExponential(1)
  return x.toFixed(Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(size)))))
}

/** The same with its sign. */
export const signed = (x: number): string => (x > 0 ? `+${number(x)}` : number(x).replace('-', '−'))

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes in the unit that people would use: `538 MiB`. */
export function bytes(n: number): string {
  const power = n < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(n) / 10))
  const value = n / 2 ** (10 * power)
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${BYTE_UNITS[power]}`
}

/** A time span given in milliseconds: `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}

/** Floating-point operations: `9.3 TFLOP`. */
export function flops(n: number): string {
  const [unit, size] = n >= 1e12 ? ['TFLOP', 1e12] : n >= 1e9 ? ['GFLOP', 1e9] : ['MFLOP', 1e6]
  return `${number(n / Number(size))} ${unit}`
}

/** `1 token`, `3 tokens`. */
export const count = (n: number, noun: string, plural = `${noun}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? noun : plural}`
