/** Where a word is anchored in the drawn text: its middle, and the row of tokens it stands in, from 0. */
export interface Anchor {
  readonly x: number
  readonly row: number
}

/** An edge of the tree between two anchors. */
export interface Dependency {
  readonly head: number
  readonly dependent: number
  readonly label: string
}

/**
 * A part of an edge that lies over one row: the whole of it, or, where its words stand in different rows, a stub at each
 * of them that points to where the other word is.
 */
export interface DependencyPiece {
  /** Which edge, from 0. */
  readonly edge: number
  readonly row: number
  /** Where it leaves its word, and where it ends: at the other word, or in the air. */
  readonly from: number
  readonly to: number
  /** How many pieces lie below it. */
  readonly level: number
  /** What `from` is to the edge. A whole piece begins at the head. */
  readonly end: 'head' | 'dependent'
  readonly whole: boolean
  readonly label: string
  /** The middle of the label. */
  readonly middle: number
}

/** Pixels of one level: its line, and the label above. */
export const LEVEL = 16
/** A character of a label is about this wide. */
const LETTER = 6
/** About as many pixels as a label takes, with some room. */
export const labelWidth = (label: string): number => label.length * LETTER + 6
/** A head's end stands beside the middle of its word, so that what comes in and what goes out are told apart. */
const ASIDE = 4
const TOUCH = 3

type Bare = Omit<DependencyPiece, 'level'>

const sides = ({ from, to, middle, label }: Bare): readonly [number, number] => {
  const half = labelWidth(label) / 2
  return [Math.min(from, to, middle - half), Math.max(from, to, middle + half)]
}

function piecesOf(
  { head, dependent, label }: Dependency,
  edge: number,
  anchors: readonly Anchor[],
  width: number,
): Bare[] {
  const [from, to] = [anchors[head]!, anchors[dependent]!]
  if (from.row === to.row) {
    const aside = to.x < from.x ? -ASIDE : ASIDE
    // A label is not cut off by the edge of the text.
    const half = labelWidth(label) / 2
    const middle = Math.min(Math.max((from.x + aside + to.x) / 2, half), Math.max(half, width - half))
    return [{ edge, row: from.row, from: from.x + aside, to: to.x, end: 'head', whole: true, label, middle }]
  }
  const stub = (at: Anchor, other: Anchor, end: 'head' | 'dependent'): Bare => {
    const down = other.row > at.row
    const text = `${label} ${down ? '↓' : '↑'}`
    const length = labelWidth(text) + 6
    // Towards where the other word lies, as one reads, where there is room for it.
    const right = down ? at.x + length <= width : at.x - length < 0
    const to = at.x + (right ? length : -length)
    return {
      edge,
      row: at.row,
      from: at.x + (right ? ASIDE : -ASIDE),
      to,
      end,
      whole: false,
      label: text,
      middle: (at.x + to) / 2,
    }
  }
  return [stub(from, to, 'head'), stub(to, from, 'dependent')]
}

/**
 * Dependency edges over rows of tokens: short ones low, and each on the lowest level that no shorter one below it takes.
 * @param width of the text, in pixels
 */
export function layoutDependencies(
  edges: readonly Dependency[],
  anchors: readonly Anchor[],
  width: number,
): DependencyPiece[] {
  const rows = new Map<number, Bare[]>()
  for (const [i, edge] of edges.entries())
    for (const piece of piecesOf(edge, i, anchors, width)) rows.set(piece.row, [...(rows.get(piece.row) ?? []), piece])
  return [...rows.values()].flatMap(pieces => {
    const placed: { left: number; right: number; level: number }[] = []
    return [...pieces]
      .sort((a, b) => Math.abs(a.to - a.from) - Math.abs(b.to - b.from))
      .map(piece => {
        const [left, right] = sides(piece)
        const under = placed.filter(p => p.left < right - TOUCH && left < p.right - TOUCH)
        const level = under.reduce((most, p) => Math.max(most, p.level + 1), 0)
        placed.push({ left, right, level })
        return { ...piece, level }
      })
  })
}

/** Pixels that the pieces take above a row of tokens. */
export const roomAbove = (pieces: readonly DependencyPiece[]): number =>
  pieces.length === 0 ? 0 : (1 + Math.max(...pieces.map(p => p.level))) * LEVEL + 12

const ROUND = 5
const px = (x: number): string => x.toFixed(1)

/** The line of a piece over a row whose tokens begin at `top`, and the foot of its label. */
export function pieceLine({ from, to, level, whole }: DependencyPiece, top: number): { d: string; foot: number } {
  const y = top - 10 - level * LEVEL
  const way = to < from ? -1 : 1
  const round = Math.min(ROUND, Math.abs(to - from) / 2)
  const up = `M${px(from)} ${px(top - 1)}V${px(y + round)}Q${px(from)} ${px(y)} ${px(from + way * round)} ${px(y)}`
  if (!whole) return { d: `${up}H${px(to)}`, foot: y - 4 }
  return {
    d: `${up}H${px(to - way * round)}Q${px(to)} ${px(y)} ${px(to)} ${px(y + round)}V${px(top - 1)}`,
    foot: y - 4,
  }
}

/** The arrow's head at the dependent's end. */
export function arrowHead({ from, to, end, whole }: DependencyPiece, top: number): string | undefined {
  if (end === 'head' && !whole) return undefined
  const x = whole ? to : from
  return `M${px(x - 3)} ${px(top - 6)}L${px(x + 3)} ${px(top - 6)}L${px(x)} ${px(top - 1)}Z`
}
