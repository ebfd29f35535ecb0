import type { DecoderConfig } from '../models/config.ts'
import type { Feeds } from '../runtime/backend.ts'
import { bool, f32, type NDArray } from '../words/arrays.ts'
import type { Edit, Positions } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Axis, type Point, pointKey, SITES } from '../words/site.ts'
import type { Probe } from './probe.ts'

/** An edit whose values are at hand: replacements and additions broadcast (aligned at the right) to one sample's site. */
export interface ReadyEdit {
  readonly edit: Edit
  readonly value?: NDArray<'f32'>
  /** How many first tokens the text has in common with the one that the value is taken from: nothing changes there. */
  readonly alike?: number
}

/** The sizes of the model that sites are made of. */
export type SiteSizes = Pick<DecoderConfig, 'layers' | 'heads' | 'groups' | 'headDim' | 'dim' | 'mlpDim' | 'vocab'>

/** One sample of a batch: its tokens so far, and its edits. */
export interface EditedSample {
  readonly ids: readonly number[]
  readonly edits: readonly ReadyEdit[]
  /** Which of the prompts it is, from 0 (default): what the `samples` of an edit count. */
  readonly sample?: number
  /** What "last" means: the number of tokens that count (the prompt's, while generating). */
  readonly last: number
  /** How many tokens the text may come to have while generating; positions up to there may be named. */
  readonly reach?: number
}

/** Rows `[start, start + count)` of the sequence are computed now; keys run from 0 to the last row. */
export interface Window {
  readonly start: number
  readonly count: number
}

/** Where the positions of each sample lie in the arrays of one site. */
export interface Placing {
  /** Sizes of the batch, row and key axes. */
  readonly batch: number
  readonly rows: number
  readonly keys: number
  /** Index of a sample along the batch axis. */
  readonly batchOf: (sample: number) => number
  /** Index of a sample's position along the row axis; undefined where it is not among the rows. */
  readonly rowOf: (sample: number, position: number) => number | undefined
}

/** Every sample has its place in the batch, and the same rows. */
export const inBatch = (samples: number, { start, count }: Window): Placing => ({
  batch: samples,
  rows: count,
  keys: start + count,
  batchOf: s => s,
  rowOf: (_, p) => (p >= start && p < start + count ? p - start : undefined),
})

const usage = (message: string, where: string, found?: unknown, allowed?: unknown): HeadwiseError =>
  new HeadwiseError(message, { code: 'edit', fault: 'usage', where, found, allowed })

/** Length of an axis of a site. */
function axisSize(axis: Axis, at: Point, sizes: SiteSizes, placing: Placing): number {
  switch (axis) {
    case 'batch':
      return placing.batch
    case 'position':
    case 'query':
      return placing.rows
    case 'key':
      return placing.keys
    case 'head':
      return sizes.heads
    case 'group':
      return sizes.groups
    case 'dimension':
      if (at.site === 'logits') return sizes.vocab
      if (at.site === 'mlp_act') return sizes.mlpDim
      return SITES[at.site].heads && at.site !== 'head_out' ? sizes.headDim : sizes.dim
  }
}

/** The shape of one sample's value of a site, the batch axis first. */
export const siteShape = (at: Point, sizes: SiteSizes, window: Window): number[] =>
  SITES[at.site].axes.map(axis => axisSize(axis, at, sizes, inBatch(1, window)))

/** The kinds that only make sense on scores. */
const onScores = (kind: Edit['do']): boolean => kind === 'knockout' || kind === 'temperature' || kind === 'bias'
const replaces = (kind: Edit['do']): boolean => ['zero', 'mean', 'resample', 'set', 'patch'].includes(kind)

/** Refuses an edit that names what the model does not have, before anything runs. `where` says which edit it is. */
export function checkEdit(edit: Edit, sizes: SiteSizes, where: string): void {
  const { site, layer, stack } = edit.at
  const facts = SITES[site]
  if (stack !== 'decoder')
    throw usage(`${where}: this model has a decoder and no ${stack}.`, `${where}.at.stack`, stack, 'decoder')
  if (facts.perLayer && layer >= sizes.layers)
    throw usage(
      `${where}: layer ${layer} does not exist; the model has layers 0 to ${sizes.layers - 1}.`,
      `${where}.at.layer`,
      layer,
      sizes.layers - 1,
    )
  if (onScores(edit.do) && site !== 'scores')
    throw usage(`${where}: ${edit.do} acts on the site "scores", not on "${site}".`, `${where}.at.site`, site, 'scores')
  if (edit.heads && facts.heads !== 'head') {
    const [h] = edit.heads
    const hint =
      facts.heads === 'group'
        ? `; it is addressed by groups, and head ${h} belongs to group ${Math.floor(h! / (sizes.heads / sizes.groups))}`
        : ''
    throw usage(
      `${where}: the site "${site}" has no heads${hint}.`,
      `${where}.heads`,
      edit.heads,
      facts.heads ?? 'no heads',
    )
  }
  if (edit.groups && facts.heads !== 'group')
    throw usage(
      `${where}: the site "${site}" is not addressed by groups${facts.heads ? '; use heads' : ''}.`,
      `${where}.groups`,
      edit.groups,
      facts.heads ?? 'neither',
    )
  const limit = facts.heads === 'group' ? sizes.groups : sizes.heads
  const outside = (edit.heads ?? edit.groups)?.find(h => h >= limit)
  if (outside !== undefined)
    throw usage(
      `${where}: ${facts.heads} ${outside} does not exist; layer ${layer} has ${limit}, 0 to ${limit - 1}.`,
      `${where}.${facts.heads}s`,
      outside,
      limit - 1,
    )
}

/** Says whether a position of the sequence is meant; indices beyond the sequence are refused unless it may still grow. */
export function positionTest(
  positions: Positions | undefined,
  { ids, last, reach = ids.length }: Omit<EditedSample, 'edits' | 'sample'>,
  where: string,
): (p: number) => boolean {
  if (positions === undefined || positions === 'all') return () => true
  if (positions === 'last') {
    if (last === 0) throw usage(`${where}: "last" of an empty text.`, where, 'last', 'a text of one token or more')
    return p => p === last - 1
  }
  if (Array.isArray(positions)) {
    const outside = positions.find(p => p >= reach)
    if (outside !== undefined)
      throw usage(`${where}: position ${outside} is outside the text of ${reach} tokens.`, where, outside, reach - 1)
    const set = new Set(positions)
    return p => set.has(p)
  }
  const set = new Set(positions.tokens)
  if (reach <= ids.length && !ids.some(id => set.has(id)))
    throw usage(
      `${where}: none of the tokens ${positions.tokens.join(', ')} is in the text.`,
      where,
      positions.tokens,
      'tokens of the text',
    )
  return p => set.has(ids[p]!)
}

/** Refuses positions that one sample does not have. */
export function checkPositions(edit: Edit, sample: Omit<EditedSample, 'edits' | 'sample'>, where: string): void {
  positionTest(edit.positions, sample, `${where}.positions`)
  if (edit.do !== 'knockout' && edit.do !== 'bias') return
  positionTest(edit.queries, sample, `${where}.queries`)
  positionTest(edit.keys, sample, `${where}.keys`)
}

/**
 * How many queries of a text, the prompt number `sample`, lose every key that they could attend to by some knockout: with
 * nothing left to renormalise, attention gives zeros there.
 */
export function blindQueries(edits: readonly Edit[], ids: readonly number[], sample: number): number {
  const blind = new Set<number>()
  for (const edit of edits) {
    if (edit.do !== 'knockout' || (edit.samples && !edit.samples.includes(sample))) continue
    const text = { ids, last: ids.length }
    const [rows, queries, keys] = (['positions', 'queries', 'keys'] as const).map(p => positionTest(edit[p], text, p))
    for (let p = 0; p < ids.length && keys!(p); p++) if (rows!(p) && queries!(p)) blind.add(p)
  }
  return blind.size
}

/** Which axes an edit of this kind needs m, a and b to vary over, beside the batch and the heads. */
function axesOf({ edit, value }: ReadyEdit): Axis[] {
  const axes: readonly Axis[] = SITES[edit.at.site].axes
  const own: Axis[] = axes.filter(a => a === 'batch' || a === 'head' || a === 'group')
  const rows: Axis = axes.includes('query') ? 'query' : 'position'
  const limited = (p: Positions | undefined) => p !== undefined && p !== 'all'
  if (limited(edit.positions)) own.push(rows)
  if (edit.do === 'knockout' || edit.do === 'bias') {
    if (limited(edit.queries)) own.push('query')
    if (limited(edit.keys)) own.push('key')
  }
  // What is put into a pattern stays among the keys that each query sees.
  if (edit.at.site === 'pattern' && (edit.do === 'add' || edit.do === 'set')) own.push('query', 'key')
  const sample = axes.slice(1)
  value?.shape.forEach((d, i) => {
    if (d !== 1) own.push(sample[sample.length - value.shape.length + i]!)
  })
  return own
}

/** The a and b of x' = a·x + b. */
function affine({ edit }: ReadyEdit, valueAt: () => number): readonly [number, number] {
  switch (edit.do) {
    case 'zero':
      return [0, 0]
    case 'mean':
    case 'resample':
    case 'set':
    case 'patch':
      return [0, valueAt()]
    case 'scale':
      return [edit.by, 0]
    case 'add':
      return [1, valueAt()]
    case 'temperature':
      return [1 / edit.tau, 0]
    case 'bias':
      return [1, edit.by]
    case 'knockout':
      return [1, Number.NEGATIVE_INFINITY]
  }
}

/** m, a, b of one point for a whole batch, and which cells are replaced already. */
class Cells {
  readonly m: Uint8Array
  readonly a: Float32Array
  readonly b: Float32Array
  readonly #replaced: Uint8Array
  constructor(readonly shape: readonly number[]) {
    const n = shape.reduce((p, d) => p * d, 1)
    this.m = new Uint8Array(n)
    this.a = new Float32Array(n).fill(1)
    this.b = new Float32Array(n)
    this.#replaced = new Uint8Array(n)
  }
  apply(cell: number, [a, b]: readonly [number, number], replacing: boolean, clash: () => HeadwiseError): void {
    if (replacing && this.#replaced[cell]) throw clash()
    if (replacing) this.#replaced[cell] = 1
    this.m[cell] = 1
    this.a[cell] = replacing ? 0 : this.a[cell]! * a
    // 0 · −∞ must not become NaN: a knocked-out score stays knocked out under any scale.
    this.b[cell] = replacing ? b : (Number.isFinite(this.b[cell]!) ? this.b[cell]! * a : this.b[cell]!) + b
  }
}

/** Refuses two replacements of one cell; of values only the shapes count. */
export function checkReplacements(sample: EditedSample, sizes: SiteSizes): void {
  const byPoint = new Map<string, number>()
  for (const { edit } of sample.edits)
    if (replaces(edit.do)) byPoint.set(pointKey(edit.at), (byPoint.get(pointKey(edit.at)) ?? 0) + 1)
  // Marking cells takes memory, and is needed only where two could meet.
  if ([...byPoint.values()].some(n => n > 1)) lowerEdits([sample], sizes, { start: 0, count: sample.ids.length })
}

export type AffineProbe = Extract<Probe, { do: 'affine' }>

/** The affine probes of a batch of runs; of values only the shapes count. */
export function editProbes(runs: readonly (readonly ReadyEdit[])[]): AffineProbe[] {
  const points = new Map<string, { at: Point; over: Set<Axis> }>()
  for (const ready of runs.flat()) {
    const key = pointKey(ready.edit.at)
    const known = points.get(key) ?? { at: ready.edit.at, over: new Set<Axis>(['batch']) }
    for (const axis of axesOf(ready)) known.over.add(axis)
    points.set(key, known)
  }
  return [...points.values()].map(({ at, over }) => {
    const axes: readonly Axis[] = SITES[at.site].axes
    return { at, do: 'affine', over: axes.filter(a => over.has(a)) }
  })
}

/**
 * Lowers the edits of every sample of a batch to affine probes and what is fed to them. No head, position or value
 * enters the probes, so that every batch of the same kinds of edits runs the same compiled graph.
 */
export function lowerEdits(
  samples: readonly EditedSample[],
  sizes: SiteSizes,
  window: Window,
): { probes: Probe[]; feeds: Feeds } {
  const probes = editProbes(samples.map(s => s.edits))
  const placing = inBatch(samples.length, window)
  return { probes, feeds: lowerProbes(probes, samples, sizes, () => placing) }
}

/** What is fed to affine probes for the edits of the samples, wherever their rows lie. */
export function lowerProbes(
  probes: readonly AffineProbe[],
  samples: readonly EditedSample[],
  sizes: SiteSizes,
  placingOf: (at: Point) => Placing,
): Feeds {
  const feeds: Record<string, NDArray> = {}
  for (const { at, over: varying } of probes) {
    const key = pointKey(at)
    const over = new Set(varying)
    const axes: readonly Axis[] = SITES[at.site].axes
    const placing = placingOf(at)
    const shape = axes.map(a => (a === 'batch' || over.has(a) ? axisSize(a, at, sizes, placing) : 1))
    const cells = new Cells(shape)
    samples.forEach((sample, s) => {
      sample.edits.forEach((ready, i) => {
        if (pointKey(ready.edit.at) === key) applyEdit(cells, axes, over, s, sample, ready, `edits[${i}]`, placing)
      })
    })
    feeds[`edit:${key}.m`] = bool(shape, cells.m)
    feeds[`edit:${key}.a`] = f32(shape, cells.a)
    feeds[`edit:${key}.b`] = f32(shape, cells.b)
  }
  return feeds
}

/** One index of an axis: where its cell lies, and which position (or head, or dimension) it is. */
interface Index {
  readonly cell: number
  readonly of: number
}

/** Marks every cell that one edit of one sample addresses. */
function applyEdit(
  cells: Cells,
  axes: readonly Axis[],
  over: ReadonlySet<Axis>,
  s: number,
  sample: EditedSample,
  ready: ReadyEdit,
  where: string,
  placing: Placing,
): void {
  const { edit, value } = ready
  if (edit.samples && !edit.samples.includes(sample.sample ?? 0)) return
  const rowTest = positionTest(edit.positions, sample, `${where}.positions`)
  const edge = edit.do === 'knockout' || edit.do === 'bias' ? edit : undefined
  const queryTest = positionTest(edge?.queries, sample, `${where}.queries`)
  const keyTest = positionTest(edge?.keys, sample, `${where}.keys`)
  const chosen = edit.heads ?? edit.groups
  const same = (list: readonly number[]): Index[] => list.map(n => ({ cell: n, of: n }))
  const indices = axes.map((axis, i): Index[] => {
    if (axis === 'batch') return [{ cell: placing.batchOf(s), of: 0 }]
    if (!over.has(axis)) return [{ cell: 0, of: 0 }]
    const all = Array.from({ length: cells.shape[i]! }, (_, n) => n)
    if (axis === 'head' || axis === 'group') return same(chosen ? [...new Set(chosen)] : all)
    if (axis === 'dimension') return same(all)
    // A value for every row (or key) of the prompt says nothing of those that are generated later.
    const given = value?.shape[i - axes.length + value.shape.length] ?? 1
    const end = Math.min(sample.ids.length, given === 1 ? sample.ids.length : given)
    if (axis === 'key') return same(all.filter(k => k < end && keyTest(k)))
    const rows: Index[] = []
    for (let p = 0; p < end; p++) {
      const cell = placing.rowOf(s, p)
      if (cell !== undefined && rowTest(p) && queryTest(p)) rows.push({ cell, of: p })
    }
    return rows
  })
  const clash = () =>
    usage(
      `${where}: two edits replace the same cell of ${pointKey(edit.at)}; leave one of them out.`,
      where,
      edit.do,
      'one replacement a cell',
    )
  const strides = cells.shape.map((_, i) => cells.shape.slice(i + 1).reduce((p, d) => p * d, 1))
  const at = new Array<number>(axes.length).fill(0)
  const masked = edit.at.site === 'pattern' && over.has('query') ? axes.indexOf('key') : -1
  const visit = (axis: number, offset: number): void => {
    if (axis === axes.length) {
      cells.apply(
        offset,
        affine(ready, () => valueAt(value!, at)),
        replaces(edit.do),
        clash,
      )
      return
    }
    for (const { cell, of } of indices[axis]!) {
      if (axis === masked && of > at[axis - 1]!) break
      at[axis] = of
      visit(axis + 1, offset + cell * strides[axis]!)
    }
  }
  visit(0, 0)
}

/** The value for a cell of the sample's site. */
function valueAt(value: NDArray<'f32'>, at: readonly number[]): number {
  let flat = 0
  const shift = at.length - value.shape.length
  value.shape.forEach((d, i) => {
    flat = flat * d + (d === 1 ? 0 : at[i + shift]!)
  })
  return value.data[flat]!
}
