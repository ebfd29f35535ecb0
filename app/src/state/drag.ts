/** Pixels of drag for one whole: from as it was to off. */
const REACH = 96
const STEP = 0.05
/** Where a drag holds on a little. */
const DETENTS = [0, 1]
const HOLD = 0.04
const LEAST_SCALE = 0
const MOST_SCALE = 2

const clamp = (x: number): number => Math.min(MOST_SCALE, Math.max(LEAST_SCALE, x))
/** Two decimals, and no minus zero. */
const tidy = (x: number): number => Math.round(x * 100) / 100 + 0

/** The scale after dragging so many pixels upwards from where the head's scale was. Holds on at off and as it was. */
export function draggedScale(from: number, up: number): number {
  const raw = clamp(from + up / REACH)
  const detent = DETENTS.find(d => Math.abs(raw - d) < HOLD)
  return detent ?? tidy(raw)
}

/** One key press more or less. */
export const steppedScale = (from: number, steps: number): number => tidy(clamp(from + steps * STEP))
