/** What is known of a value: its interval leaves 0 out, holds it, or there is none. */
export type Certainty = 'clear' | 'unknown' | 'zero'

export function certaintyOf(low: number | undefined, high: number | undefined): Certainty {
  if (low === undefined || high === undefined || Number.isNaN(low) || Number.isNaN(high)) return 'unknown'
  return low <= 0 && high >= 0 ? 'zero' : 'clear'
}

/** The side of a cell's mark as a share of the cell: noise looks quiet. */
export const markSize: Readonly<Record<Certainty, number>> = { clear: 1, unknown: 0.72, zero: 0.28 }

export const certaintyWords: Readonly<Record<Certainty, string>> = {
  clear: '95% interval leaves out 0',
  unknown: 'no interval',
  zero: '95% interval holds 0',
}
