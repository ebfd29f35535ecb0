import type { Profile } from '../../../src/heads/profile.ts'
import { gridOf } from '../../../src/results/grid.ts'
import { type HeadPattern, NO_ENTRY, patternGrid, patternLevel } from '../../../src/results/pattern-grid.ts'
import type { NextToken } from '../../../src/service/verbs.ts'
import type { Grid } from '../../../src/words/grid.ts'
import type { Spec } from '../../../src/words/spec.ts'
import type { ComponentReading, WritingNeuron, WrittenToken } from '../../../src/words/writes.ts'
import type { Shape } from '../state/head.ts'
import type { Pictures } from './map-pictures.ts'
import type { Cells } from './pattern-cells.ts'
import { type Frame, isWhole, type Place, TILE, type View, windowOf } from './pattern-view.ts'
import { binName } from './profile-words.ts'

/** What stands on the page as grids of the library, so that its figures draw it. */

/** A number for each head, [layer, head]. */
export const headGrid = (metric: string, values: ArrayLike<number>, { layers, heads }: Shape, spec: Spec): Grid =>
  gridOf({ axes: [{ name: 'layer' }, { name: 'head' }], shape: [layers, heads], values, n: 1, metric, spec })

/** The patterns of all heads as the map shows them, [layer, head, query, key]. */
export function picturesGrid(
  { side, block, data }: Pictures,
  { layers, heads }: Shape,
  leaveFirst: boolean,
  spec: Spec,
): Grid {
  const values = Float64Array.from(data, (x, i) => (i % side > Math.floor(i / side) % side ? Number.NaN : x))
  const edited = spec.request.edits.length > 0 ? ' with the edits' : ''
  const pooled = block === 1 ? '' : ` (largest of ${block} × ${block} entries)`
  return gridOf({
    axes: [{ name: 'layer' }, { name: 'head' }, { name: 'query' }, { name: 'key' }],
    shape: [layers, heads, side, side],
    values,
    n: 1,
    metric: `attention of every head${edited}${leaveFirst ? ' without the first token' : ''}${pooled}, share of each row`,
    spec,
  })
}

/** Attention over the tokens of the text: of one query by [key], or to one key by [query]. */
export const rowGrid = (
  metric: string,
  axis: 'key' | 'query',
  values: ArrayLike<number>,
  tokens: readonly string[],
  spec: Spec,
): Grid =>
  gridOf({
    axes: [{ name: axis, labels: [...tokens] }],
    shape: [tokens.length],
    values,
    n: 1,
    metric: `${metric}, share of attention`,
    spec,
  })

/** The likeliest next tokens: their probabilities [column], or those without the edits and with them [method, column]. */
export function nextGrid(
  tokens: readonly NextToken[],
  { after, temperature }: { readonly after: string; readonly temperature: number | undefined },
  edited: boolean,
  asLog: boolean,
  spec: Spec,
): Grid {
  const value = (logprob: number): number => (asLog ? logprob : Math.exp(logprob))
  const column = { name: 'column' as const, labels: tokens.map(t => t.text) }
  const [before, now] = [tokens.map(t => value(t.before)), tokens.map(t => value(t.after))]
  const about = {
    n: 1,
    metric: `next token after ${after}${temperature === undefined ? '' : ` at temperature ${temperature}`}, ${asLog ? 'nats (log-probability)' : 'share of probability'}`,
    spec,
  }
  return edited
    ? gridOf({
        ...about,
        axes: [{ name: 'method', labels: ['without the edits', 'with them'] }, column],
        shape: [2, tokens.length],
        values: [...before, ...now],
      })
    : gridOf({ ...about, axes: [column], shape: [tokens.length], values: now })
}

/** Attention by distance beside that of a head that attends to all keys equally, [method, column]. */
export const distanceGrid = (head: string, { queries, distance: { bins } }: Profile, spec: Spec): Grid =>
  gridOf({
    axes: [
      { name: 'method', labels: ['all keys equally', `head ${head}`] },
      { name: 'column', labels: bins.map(binName) },
    ],
    shape: [2, bins.length],
    values: [...bins.map(b => b.uniform), ...bins.map(b => b.share)],
    n: 1,
    metric: `attention of head ${head} by distance in tokens, share, mean over ${queries} queries`,
    spec,
  })

/** What a part of the model adds to the logits of tokens, [column]. */
export const writesGrid = (tokens: readonly WrittenToken[], metric: string, spec: Spec): Grid =>
  gridOf({
    axes: [{ name: 'column', labels: tokens.map(t => t.token) }],
    shape: [tokens.length],
    values: tokens.map(t => t.logits),
    n: 1,
    metric,
    spec,
  })

/** What a residual predicts, [column]. */
export const lensGrid = (tokens: NonNullable<ComponentReading['lens']>, metric: string, spec: Spec): Grid =>
  gridOf({
    axes: [{ name: 'column', labels: tokens.map(t => t.token) }],
    shape: [tokens.length],
    values: tokens.map(t => Math.exp(t.logprob)),
    n: 1,
    metric,
    spec,
  })

/** How much each neuron writes, [column]. */
export const neuronsGrid = (neurons: readonly WritingNeuron[], layer: number, metric: string, spec: Spec): Grid =>
  gridOf({
    axes: [{ name: 'column', labels: neurons.map(n => `${layer}.${n.neuron}`) }],
    shape: [neurons.length],
    values: neurons.map(n => n.length),
    n: 1,
    metric,
    spec,
  })

/** What heads give each edge of a parse, [column]. */
export const syntaxGrid = (edges: readonly string[], values: readonly number[], metric: string, spec: Spec): Grid =>
  gridOf({
    axes: [{ name: 'column', labels: [...edges] }],
    shape: [edges.length],
    values,
    n: 1,
    metric,
    spec,
  })

/** Values one after another, as a curve over `axis`. */
export const courseGrid = (metric: string, axis: 'step' | 'position', values: ArrayLike<number>, spec: Spec): Grid =>
  gridOf({ axes: [{ name: axis }], shape: [values.length], values, n: 1, metric, spec })

/** Vectors of one head below each other, by dimension [method, dimension]. */
export const vectorGrid = (
  metric: string,
  rows: readonly { readonly name: string; readonly values: ArrayLike<number> }[],
  spec: Spec,
): Grid =>
  gridOf({
    axes: [{ name: 'method', labels: rows.map(r => r.name) }, { name: 'dimension' }],
    shape: [rows.length, rows[0]?.values.length ?? 0],
    values: rows.flatMap(r => Array.from(r.values)),
    n: 1,
    metric,
    spec,
  })

/** Tiles of one head's pattern: undefined until a tile has come. */
export interface TileSource {
  get(place: Place): Cells | undefined
}

/** The part of a pattern that is in view, at the finest level that a figure has room for. */
export function patternInView(
  tiles: TileSource,
  about: Pick<HeadPattern, 'site' | 'head' | 'tokens' | 'spec'>,
  view: View,
  frame: Frame,
): Grid | undefined {
  const [query, key, span] = isWhole(view, frame) ? [0, 0, frame.time] : windowOf(view, frame)
  const level = patternLevel(span)
  const [top, left] = [query >> level, key >> level]
  const end = (from: number): number =>
    Math.min(Math.ceil(frame.time / 2 ** level), Math.ceil((from + span) / 2 ** level))
  const [rows, columns] = [end(query) - top, end(key) - left]
  const data = new Float32Array(rows * columns).fill(NO_ENTRY[about.site])
  let complete = true
  for (let row = Math.floor(top / TILE); row * TILE < top + rows; row++)
    for (let column = Math.floor(left / TILE); column * TILE < left + columns && column <= row; column++) {
      const cells = tiles.get({ level, row, column })
      complete &&= cells !== undefined
      if (cells) copy(cells, { row, column }, data, { top, left, rows, columns })
    }
  return complete ? patternGrid({ ...about, level, top, left, rows, columns, data }) : undefined
}

function copy(
  cells: Cells,
  tile: Pick<Place, 'row' | 'column'>,
  data: Float32Array,
  { top, left, rows, columns }: Pick<HeadPattern, 'top' | 'left' | 'rows' | 'columns'>,
): void {
  for (let r = 0; r < cells.rows; r++) {
    const to = tile.row * TILE + r - top
    if (to < 0 || to >= rows) continue
    for (let c = 0; c < cells.columns; c++) {
      const at = tile.column * TILE + c - left
      if (at >= 0 && at < columns) data[to * columns + at] = cells.data[r * cells.columns + c]!
    }
  }
}
