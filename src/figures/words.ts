import type { Grid } from '../words/grid.ts'
import { arcPath, type Box } from './arcs.ts'
import { partsOf, partsWords } from './attention-row.ts'
import type { Theme } from './colour.ts'
import { mapLegend } from './legend.ts'
import { heading, LEAST_WIDTH, numbersOf, type Panel, type PanelOptions, shown, type TextAttention } from './panel.ts'
import { colourScale } from './scale.ts'
import { element, label, MONO, MONO_LETTER, rect, SIZE, text, tokenLabel, widthOf, wrap } from './svg.ts'

const WIDTH = 640
const LINE = 40
const PAD = 3
const TALL = 20
/** Room for arcs over a line. */
const ABOVE = 28
const NOTE_LINE = 16
/** Smaller shares of the largest value are not written under their token: the tint says that they are small. */
const WORTH_WRITING = 0.05

const format = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })

interface Placed extends Box {
  readonly words: string
  readonly end: boolean
}

/** Tokens one after another, on lines of at most the figure's width. */
function placed(tokens: readonly string[], top: number, pitch: number): Placed[] {
  let [left, y] = [0, top]
  return tokens.map(token => {
    const words = tokenLabel(token, 24)
    const width = Math.ceil(widthOf(words, SIZE.label + 1, MONO_LETTER)) + 2 * PAD
    if (left > 0 && left + width > WIDTH) [left, y] = [0, y + pitch]
    const box = { left, top: y, width, height: TALL, words, end: token.endsWith('\n') }
    left += width + 2
    if (box.end) [left, y] = [0, y + pitch]
    return box
  })
}

/** Arcs from the query, and what they leave out in words. */
function arcsOf(row: ArrayLike<number>, boxes: readonly Box[], a: TextAttention, theme: Theme, max: number) {
  const parts = partsOf(row, a.least, a.leaveFirst ?? false)
  const query = a.queries.length === 1 ? a.queries[0] : undefined
  const arc = (key: number, stroke: Readonly<Record<string, string | number>>): string =>
    query === undefined || !boxes[query] || !boxes[key]
      ? ''
      : element('path', { d: arcPath(boxes[query], boxes[key]), fill: 'none', 'stroke-linecap': 'round', ...stroke })
  const left = a.leaveFirst ? ` ${shown(parts.first)} lies on the first token, left out.` : ''
  const mean = `${shown(parts.onArcs + parts.onOthers)} lies on ${parts.arcs.length + parts.others} tokens, on the mean of ${a.queries.length} rows.`
  return {
    note: `${query === undefined ? mean : partsWords(parts, a.least)}${left}`,
    marks: [
      ...parts.arcs.map(key =>
        arc(key, { stroke: theme.line, opacity: 0.75, 'stroke-width': 1 + 2.5 * Math.min(1, row[key]! / max) }),
      ),
      ...(a.out ?? []).map(key => arc(key, { stroke: theme.muted, 'stroke-width': 1.5, 'stroke-dasharray': '2 4' })),
    ],
  }
}

/**
 * One axis of keys, or of queries, with their tokens: the text itself, each token in the colour of its value. With `attention` the query
 * is marked, arcs lead to the keys that reach the least share, and a sentence tells how much has none.
 */
export function wordsPanel(grid: Grid, o: PanelOptions): Panel {
  const { theme, attention } = o
  const { values } = numbersOf(grid)
  const scale = colourScale(grid, values, o)
  const head = heading(grid, WIDTH, theme)
  const top = head.height + (attention ? ABOVE : 16)
  const pitch = LINE + (attention ? ABOVE - 4 : 0)
  const mono = { 'font-size': SIZE.label + 1, 'font-family': MONO, 'xml:space': 'preserve' }
  const boxes = placed(grid.axes[0]!.labels ?? [], top, pitch)
  const leftOut = (i: number): boolean => i === 0 && attention?.leaveFirst === true
  const marks = boxes.flatMap(({ left, top: y, width, words }, i) => {
    const value = values[i]!
    const measured = !Number.isNaN(value) && !leftOut(i)
    const share = measured ? scale.share(value) : 0
    return [
      rect(left, y, width, TALL, measured ? scale.colour(value) : theme.paper),
      text(left + PAD, y + 14, words, { ...mono, fill: measured ? theme.on(share, scale.signed) : theme.muted }),
      attention?.queries.includes(i) ? rect(left, y + TALL - 1, width, 3, theme.ink) : '',
    ]
  })
  // Over the arcs, which begin and end in the middle of a token.
  const halo = { stroke: theme.paper, 'stroke-width': 3, 'paint-order': 'stroke' }
  const numbers = boxes.flatMap(({ left, top: y, width }, i) => {
    const value = values[i]!
    if (leftOut(i) || Number.isNaN(value) || Math.abs(scale.share(value)) < WORTH_WRITING) return []
    const style = { 'font-size': SIZE.cell, fill: theme.muted, 'text-anchor': 'middle', ...(attention ? halo : {}) }
    return text(left + width / 2, y + TALL + 11, format.format(value).replace('-', '−'), style)
  })
  const arcs = attention && arcsOf(values, boxes, attention, theme, scale.max)
  const small = { 'font-size': SIZE.label, fill: theme.ink }
  const last = boxes.at(-1)
  const below = (last?.top ?? top) + (last?.end ? 2 : 1) * LINE + 8
  const title = Math.min(WIDTH, widthOf(label(grid.metric), SIZE.title))
  const widest = Math.max(LEAST_WIDTH, title, ...boxes.map(b => b.left + b.width + 2))
  const note = arcs ? wrap(arcs.note, SIZE.label, Math.max(LEAST_WIDTH, widest)) : []
  const bottom = below + NOTE_LINE * note.length + (arcs ? 8 : 0)
  const legend = mapLegend(grid, scale, { dots: false, missing: false, cut: false }, theme)
  return {
    width: Math.max(widest, legend.width),
    height: bottom + legend.height,
    anchor: top,
    body: [
      head.body,
      ...marks,
      ...(arcs?.marks ?? []),
      ...numbers,
      ...note.map((words, i) => text(0, below + 4 + NOTE_LINE * i, words, small)),
      element('g', { transform: `translate(0 ${Math.round(bottom)})` }, legend.body),
    ]
      .filter(m => m !== '')
      .join('\n'),
  }
}
