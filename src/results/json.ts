/** The marks that stand for numbers which JSON cannot hold. */
const mark = (x: number): number | string => (Number.isFinite(x) ? x : String(x))

/** Numbers as JSON can hold them, typed arrays as lists, keys in the order of their code units. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return mark(value)
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  // `fromEntries` also keeps a key named `__proto__` as a key.
  return Object.fromEntries(entries)
}

/**
 * One text for one value: no spaces, sorted keys, NaN and the infinities as the strings "NaN", "Infinity",
 * "-Infinity" (RFC 8785 otherwise). −0 becomes 0.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, plain)

/**
 * The JSON document of a result, for files and for stdout, with a newline at its end. Characters that a terminal would
 * obey are escaped inside strings, which reads back equal.
 */
export const toJson = (value: unknown): string =>
  `${canonicalJson(value).replace(
    // DEL, C1, bidirectional and line-separating controls; JSON itself escapes C0 and lone surrogates.
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`

/** The number behind a cell of JSON; null (not measured) is NaN, and what is no number is undefined. */
export function numberOf(cell: unknown): number | undefined {
  if (typeof cell === 'number') return cell
  if (cell === null) return Number.NaN
  return cell === 'NaN' || cell === 'Infinity' || cell === '-Infinity' ? Number(cell) : undefined
}
