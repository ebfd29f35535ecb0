import { gridShape, gridValues } from '../results/grid.ts'
import type { Grid } from '../words/grid.ts'
import type { Theme } from './colour.ts'
import { label, SIZE, text, widthOf, wrap } from './svg.ts'
import { unitOf } from './unit.ts'

/** One drawing with its title and legend, from (0, 0) to (width, height). */
export interface Panel {
  readonly width: number
  readonly height: number
  /** Height of what is drawn, below the titles: panels beside each other are brought in line there. */
  readonly anchor: number
  readonly body: string
}

export interface PanelOptions {
  readonly theme: Theme
  /** How many query heads share one kv head: heads stand in groups of so many. */
  readonly perGroup?: number | undefined
  /** The largest absolute value of the colour scale, so that several figures share one; default the grid's own. */
  readonly max?: number | undefined
  /** Whether zero lies in the middle of the scale; default where values may be negative. */
  readonly signed?: boolean | undefined
  /** Of a text, one axis of keys with their tokens: arcs from its query. */
  readonly attention?: TextAttention | undefined
}

/** Whose attention over a text is drawn, and how much of it has an arc. */
export interface TextAttention {
  /** Positions of the queries: a mark under their tokens; of several the row is the mean, and has no arcs. */
  readonly queries: readonly number[]
  /** Least share that has an arc, above 0 and up to 1. */
  readonly least: number
  /** Whether the first token stands without tint and arc, and its share is told. */
  readonly leaveFirst?: boolean | undefined
  /** Keys that the query cannot attend to: a dashed arc. */
  readonly out?: readonly number[] | undefined
}

/** The numbers of a grid, row-major, NaN where there is none. */
export interface Numbers {
  readonly shape: readonly number[]
  readonly values: Float64Array
  readonly low?: Float64Array
  readonly high?: Float64Array
}

export function numbersOf(grid: Grid): Numbers {
  const part = (cells: Grid['low']): Float64Array | undefined => cells && gridValues({ ...grid, values: cells }).data
  const [low, high] = [part(grid.low), part(grid.high)]
  return { shape: gridShape(grid), values: gridValues(grid).data, ...(low && high ? { low, high } : {}) }
}

/** Whether a value cannot be told from 0: its interval holds 0. A value without an interval can. */
export const unclear = ({ low, high }: Numbers, i: number): boolean =>
  low !== undefined && low[i]! <= 0 && high![i]! >= 0

const format = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
/** Three digits that count, and a minus that is seen. */
export const shown = (x: number): string =>
  (Math.abs(x) > 0 && Math.abs(x) < 1e-4 ? x.toExponential(1) : format.format(x)).replace('-', '−')

/** The number of prompts, as a legend says it. */
export function promptsText({ n }: Grid): string {
  if (n === undefined) return 'n not stated'
  const counts = (Array.isArray(n) ? n.flat(4) : [n]).filter(x => typeof x === 'number')
  if (counts.length === 0) return 'n not stated'
  const least = counts.reduce((a, b) => Math.min(a, b))
  const most = counts.reduce((a, b) => Math.max(a, b))
  return `n = ${least === most ? '' : `${least} to `}${most} prompt${most === 1 ? '' : 's'}`
}

/** What the colours or heights are, and of how many prompts. */
export const caption = (grid: Grid): string => `${unitOf(grid)}; ${promptsText(grid)}`

/** The last part of the model's name or path, and the method. */
function subject({ spec }: Grid): string {
  const { model, method } = spec.request
  const name = model.split(/[/\\]/).findLast(part => part !== '') ?? model
  return [name, method?.id]
    .filter(part => part !== undefined)
    .map(part => label(part, 60))
    .join(', ')
}

const TITLE_LINE = 18
/** The metric as title and what it was measured on, over a drawing of `width`: markup and height. */
export function heading(grid: Grid, width: number, { ink, muted }: Theme): { body: string; height: number } {
  const lines = wrap(label(grid.metric), SIZE.title, width)
  const title = lines.map((words, i) =>
    text(0, 14 + TITLE_LINE * i, words, { 'font-size': SIZE.title, 'font-weight': 600, fill: ink }),
  )
  const below = TITLE_LINE * lines.length
  return {
    body: [...title, text(0, below + 12, subject(grid), { 'font-size': SIZE.label, fill: muted })].join(''),
    height: below + 24,
  }
}

/** The least width in which a legend and most titles stand well. */
export const LEAST_WIDTH = 240
export const labelWidth = (words: string): number => widthOf(words, SIZE.label)
