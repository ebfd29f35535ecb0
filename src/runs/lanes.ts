import type { DecoderConfig } from '../models/config.ts'
import { HeadwiseError } from '../words/error.ts'
import { isTail, type Point, pointKey, SITES } from '../words/site.ts'
import { boundary, firstRow } from './cone.ts'
import { type AffineProbe, editProbes, type ReadyEdit } from './edits.ts'
import type { Engine } from './engine.ts'
import { rowsRead, type Sample } from './metric.ts'

/** One run of a sweep on its way through the layers: only what its edits can change. */
export interface Lane {
  readonly run: number
  /** Index of the sample. */
  readonly sample: number
  readonly ids: readonly number[]
  /** The first layer that it computes anything of. */
  readonly start: number
  /** The first row that differs from the clean run, and the first of those that is read at the end. */
  readonly first: number
  readonly kept: number
  readonly edits: readonly ReadyEdit[]
}

/** The layer of an edit; the embedding belongs to the first. */
const layerOf = ({ edit }: ReadyEdit): number => (SITES[edit.at.site].perLayer ? edit.at.layer : 0)

/** The lane of a run, or undefined where nothing that is read can differ from the clean run. */
export function laneOf(run: number, index: number, sample: Sample, edits: readonly ReadyEdit[]): Lane | undefined {
  if (edits.some(e => isTail(e.edit.at)))
    throw new HeadwiseError('A sweep edits sites inside the layers; final_norm and logits come after them.', {
      code: 'sweep-site',
      fault: 'usage',
      where: 'edits',
      found: 'final_norm or logits',
      allowed: 'sites of a layer',
    })
  const { ids } = sample
  const rows = edits.map(e => firstRow(e.edit, ids, e.alike ?? 0))
  const active = edits.filter((_, i) => rows[i] !== undefined)
  if (active.length === 0) return undefined
  const first = Math.min(...rows.filter(r => r !== undefined))
  const read = rowsRead(sample)
  if (first >= read.first + read.count) return undefined
  const kept = Math.max(first, read.first)
  return { run, sample: index, ids, start: Math.min(...active.map(layerOf)), first, kept, edits: active }
}

/** What a lane is fed clean (or carries) at a layer, and which edits act inside its graph. */
export interface Entry {
  readonly fed: readonly Point[]
  readonly probes: readonly AffineProbe[]
}

/** Says what lanes need at each layer; boundaries of the same edits are found once. */
export class Entries {
  readonly #known = new Map<string, readonly Point[]>()
  constructor(readonly engine: Engine) {}

  #boundary(layer: number, edited: readonly Point[]): readonly Point[] {
    const key = `${layer} ${edited.map(pointKey).sort()}`
    const known = this.#known.get(key) ?? boundary(this.engine.model, this.engine.config, layer, edited)
    this.#known.set(key, known)
    return known
  }

  of(lane: Lane, layer: number): Entry {
    const here = lane.edits.filter(e => layerOf(e) === layer)
    if (here.length === 0) return { fed: CARRIED(layer), probes: [] }
    const fed =
      lane.start === layer
        ? this.#boundary(
            layer,
            here.map(e => e.edit.at),
          )
        : CARRIED(layer)
    const given = new Set(fed.map(pointKey))
    const inside = here.filter(e => !given.has(pointKey(e.edit.at)))
    // Rows of all lanes lie along one axis, so that everything varies along it.
    const probes = editProbes([inside]).map((p): AffineProbe => {
      const axes = SITES[p.at.site].axes as readonly string[]
      return axes.includes('position') && !p.over.includes('position')
        ? { ...p, over: SITES[p.at.site].axes.filter(a => a === 'position' || p.over.includes(a)) }
        : p
    })
    return { fed, probes }
  }
}

const CARRIED = (layer: number): readonly Point[] => [{ stack: 'decoder', layer, site: 'resid_pre' }]

/** Points whose clean values a lane takes, from its start to the last layer. */
export function pointsTaken(lane: Lane, entries: Entries, { layers }: Pick<DecoderConfig, 'layers'>): Point[] {
  const taken = [...entries.of(lane, lane.start).fed]
  if (lane.first > 0)
    for (let layer = lane.start; layer < layers; layer++)
      for (const site of ['k', 'v'] as const) taken.push({ stack: 'decoder', layer, site })
  return taken
}
