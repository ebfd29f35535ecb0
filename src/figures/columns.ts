import type { Grid } from '../words/grid.ts'
import { labelWidth, type PanelOptions } from './panel.ts'
import { label, line, MONO, MONO_LETTER, SIZE, text, tokenLabel, widthOf } from './svg.ts'

/** Where the columns of a map stand, and what is written over and under them, with x from the first column's start. */
export interface Columns {
  readonly at: readonly number[]
  readonly cell: number
  /** Whether rows are as high as columns are wide. */
  readonly square: boolean
  readonly width: number
  /** Columns that stand together, as ranges of x. */
  readonly blocks: readonly { readonly from: number; readonly to: number }[]
  /** Room over and under the map, and what labels take to its right. */
  readonly above: number
  readonly below: number
  readonly beyond: number
  body(mapHeight: number): string
}

const GROUP_GAP = 8
const within = (x: number, least: number, most: number): number => Math.max(least, Math.min(most, x))

export function columnsOf(grid: Grid, count: number, strength: Strength, o: PanelOptions): Columns {
  const axis = grid.axes[1]!
  if (axis.name === 'position' || axis.name === 'query' || axis.name === 'key')
    return positions(axis, count, strength, o)
  return heads(axis, count, o)
}

type Axis = Grid['axes'][number]
/** The largest share of the scale that a column reaches, 0 to 1. */
type Strength = (column: number) => number

/** From this share on a column is worth its name before others. */
const STRONG = 0.25

/** Columns whose names have room, `every` columns apart: strong ones first, then from the left. */
function namedColumns(count: number, every: number, strength: Strength): number[] {
  const rank = (i: number): number => (strength(i) >= STRONG ? strength(i) : 0)
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => rank(b) - rank(a) || a - b)
  const taken = new Set<number>()
  for (const i of order) {
    let free = true
    for (let near = i - every + 1; near < i + every; near++) free &&= !taken.has(near)
    if (free) taken.add(i)
  }
  return [...taken].sort((a, b) => a - b)
}

/** Heads, or whatever has short names: names stand over square cells, kv groups apart. */
function heads({ name, labels }: Axis, count: number, { theme, perGroup = 1 }: PanelOptions): Columns {
  const grouped = name === 'head' && perGroup > 1 && perGroup < count
  const cell = within(Math.floor(480 / count), 12, 32)
  const at = Array.from({ length: count }, (_, i) => i * cell + (grouped ? Math.floor(i / perGroup) * GROUP_GAP : 0))
  const width = count === 0 ? 0 : at.at(-1)! + cell
  const words = labels?.map(l => label(l, 24)) ?? at.map((_, i) => String(i))
  const wide = words.reduce((w, l) => Math.max(w, labelWidth(l)), 0)
  const upright = wide > cell - 2 && labels !== undefined
  const every = upright ? 1 : Math.ceil((wide + 4) / cell)
  const starts = grouped ? at.filter((_, i) => i % perGroup === 0) : [0]
  const small = { 'font-size': SIZE.label, fill: theme.muted }
  const groupWidth = perGroup * cell - 1
  const groups = grouped
    ? starts.map(
        (x, g) =>
          text(x, -26, labelWidth(`kv ${g}`) <= groupWidth ? `kv ${g}` : String(g), small) +
          line(x, -20.5, x + groupWidth, -20.5, theme.rule),
      )
    : []
  const above = (upright ? wide + 8 : 20) + (grouped ? 20 : 0)
  return {
    at,
    cell,
    square: true,
    width,
    blocks: starts.map(from => ({ from, to: grouped ? from + groupWidth : width - 1 })),
    above,
    below: 0,
    beyond: 0,
    body: () =>
      [
        ...groups,
        text(-8, -7, name, { ...small, 'text-anchor': 'end' }),
        ...words.map((w, i) => {
          if (i % every !== 0) return ''
          const x = at[i]! + cell / 2
          if (upright) return text(x + 4, -6, w, { ...small, transform: `rotate(-90 ${x + 4} -6)` })
          return text(x, -7, w, { ...small, 'text-anchor': 'middle' })
        }),
      ].join(''),
  }
}

/** Tokens over the columns, slanted where they are wider than these, and their places under them. */
function positions({ name, labels }: Axis, count: number, strength: Strength, { theme }: PanelOptions): Columns {
  const cell = within(Math.floor(640 / count), 3, 28)
  const at = Array.from({ length: count }, (_, i) => i * cell)
  const tokens = (labels ?? []).map(t => tokenLabel(t))
  const end = count * cell
  const widthOfToken = (t: string): number => widthOf(t, SIZE.label, MONO_LETTER)
  const long = tokens.reduce((w, t) => Math.max(w, widthOfToken(t)), 0)
  const slant = cell >= 14 ? 45 : 90
  // Slanted lines of text need their height between them.
  const every = Math.ceil((slant === 45 ? 16 : 12) / cell)
  const named = namedColumns(tokens.length, every, strength)
  const some = named.length < tokens.length
  const mono = { 'font-size': SIZE.label, 'font-family': MONO, fill: theme.ink, 'xml:space': 'preserve' }
  const small = { 'font-size': SIZE.label, fill: theme.muted, 'text-anchor': 'middle' }
  const rise = long * Math.sin((slant * Math.PI) / 180)
  const apart = Math.ceil((labelWidth(String(count)) + 8) / cell)
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find(s => s >= apart) ?? apart
  return {
    at,
    cell,
    square: false,
    width: end,
    blocks: [{ from: 0, to: end - (cell >= 6 ? 1 : 0) }],
    above: tokens.length > 0 ? rise + 16 : 8,
    below: some ? 36 : 20,
    beyond:
      slant === 45
        ? named.reduce((w, i) => Math.max(w, at[i]! + cell / 2 + widthOfToken(tokens[i]!) * Math.SQRT1_2 - end), 0)
        : 0,
    body: mapHeight =>
      [
        ...named.map(i => {
          const x = at[i]! + cell / 2 + (slant === 90 ? 4 : 0)
          return text(x, -6, tokens[i]!, { ...mono, transform: `rotate(-${slant} ${x} -6)` })
        }),
        text(-8, mapHeight + 14, name, { ...small, 'text-anchor': 'end' }),
        ...at.map((x, i) => (i % step === 0 ? text(x + cell / 2, mapHeight + 14, String(i), small) : '')),
        some
          ? text(0, mapHeight + 32, 'Named: the columns with the strongest values, and others where there is room.', {
              ...small,
              'text-anchor': 'start',
            })
          : '',
      ].join(''),
  }
}
