import { type ValueAxis, valueAxis } from './scale.ts'

type Values = ArrayLike<number>
/** Numbers with their intervals, as results and pages hold them. */
export interface PointNumbers {
  readonly values: Values
  readonly low?: Values | undefined
  readonly high?: Values | undefined
}

/** A point in pixels, from the upper left corner of the plot; undefined intervals have no line. */
export interface PlacedPoint {
  readonly i: number
  readonly x: number
  readonly y: number
  readonly across?: readonly [number, number]
  readonly up?: readonly [number, number]
}

/** A name beside its point: to the right of it, or ending at its left. */
export interface PointLabel {
  readonly i: number
  readonly x: number
  readonly y: number
  readonly ends: boolean
}

export interface PlacedPoints {
  readonly x: readonly { readonly value: number; readonly at: number }[]
  readonly y: readonly { readonly value: number; readonly at: number }[]
  readonly points: readonly PlacedPoint[]
  readonly labels: readonly PointLabel[]
}

interface Room {
  readonly width: number
  readonly height: number
  readonly names: readonly string[]
  /** Pixels that a letter of a name takes. */
  readonly letter: number
  /** Points that have a name before all others. */
  readonly first?: ReadonlySet<number>
}

const MOST_LABELS = 10
const GAP = 6
const LINE = 12

const axisOf = ({ values, low = [], high = [] }: PointNumbers): ValueAxis =>
  valueAxis([...Array.from(values), ...Array.from(low), ...Array.from(high)])

/** Two numbers of each thing as points: the first across, the second upwards. What lacks one of them has no point. */
export function placePoints(first: PointNumbers, second: PointNumbers, room: Room): PlacedPoints {
  const { width, height, names } = room
  const [a, b] = [axisOf(first), axisOf(second)]
  const across = (value: number): number => width * a.at(value)
  const up = (value: number): number => height * (1 - b.at(value))
  const ends = ({ low, high }: PointNumbers, i: number, to: (v: number) => number) =>
    low && high && Number.isFinite(low[i]!) && Number.isFinite(high[i]!)
      ? ([to(low[i]!), to(high[i]!)] as const)
      : undefined
  const points = names.flatMap((_, i): PlacedPoint[] => {
    const [x, y] = [across(first.values[i]!), up(second.values[i]!)]
    if (!Number.isFinite(x) || !Number.isFinite(y)) return []
    const [wide, tall] = [ends(first, i, across), ends(second, i, up)]
    return [{ i, x, y, ...(wide && { across: wide }), ...(tall && { up: tall }) }]
  })
  return {
    x: a.ticks.map(value => ({ value, at: across(value) })),
    y: b.ticks.map(value => ({ value, at: up(value) })),
    points,
    labels: labelsOf(points, room),
  }
}

const median = (xs: readonly number[]): number => xs.toSorted((a, b) => a - b)[Math.floor(xs.length / 2)] ?? 0

/** Names of the points that lie furthest from the middle of all, where there is room for them. */
function labelsOf(points: readonly PlacedPoint[], { width, names, letter, first }: Room): PointLabel[] {
  const [x, y] = [median(points.map(p => p.x)), median(points.map(p => p.y))]
  const far = (p: PlacedPoint): number => (first?.has(p.i) ? Number.MAX_SAFE_INTEGER : 0) + Math.hypot(p.x - x, p.y - y)
  const labels: PointLabel[] = []
  const boxes: (readonly [left: number, right: number, y: number])[] = []
  for (const p of points.toSorted((a, b) => far(b) - far(a))) {
    if (labels.length >= MOST_LABELS) break
    const wide = letter * names[p.i]!.length
    const ends = p.x + GAP + wide > width
    const left = ends ? p.x - GAP - wide : p.x + GAP
    const box = [left, left + wide, p.y] as const
    if (boxes.some(([l, r, at]) => Math.abs(at - p.y) < LINE && box[0] < r + 2 && box[1] > l - 2)) continue
    boxes.push(box)
    labels.push({ i: p.i, x: ends ? p.x - GAP : p.x + GAP, y: p.y + 4, ends })
  }
  return labels
}
