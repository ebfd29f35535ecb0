import { z } from 'zod'
import { type PatchBy, patches, usualBy } from '../causal/patching.ts'
import type { Places } from '../causal/places.ts'
import { recovery } from '../causal/recovery.ts'
import { Readings } from '../heads/importance/readings.ts'
import { gridOf } from '../results/grid.ts'
import { plan } from '../runs/plan.ts'
import { clustersOf } from '../tasks/prepare.ts'
import { sizeOf } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { type Site, siteNames } from '../words/site.ts'
import type { Task } from '../words/task.ts'
import { DRAWS } from './effect-grid.ts'
import type { Opened } from './open.ts'
import { type TaskPair, taskPairs } from './pairs.ts'
import { placesSchema } from './places.ts'
import { subjectRequest } from './subject.ts'
import {
  budgeted,
  parametersIn,
  planOptions,
  type Sweep,
  type SweepCut,
  type SweepRequest,
  sweepOf,
  sweepSpec,
} from './sweep.ts'

export type Direction = 'denoising' | 'noising'

export interface PatchOptions {
  /** A task of pairs with answers. */
  readonly task: Task
  readonly site: Site
  /** What is patched at a time; default heads or groups where the site has them, else positions. */
  readonly by?: PatchBy
  /** Positions that are patched together; default all. */
  readonly at?: Places
  /** `denoising` (default): the corrupt run gets clean values; `noising`: the clean run gets corrupt ones. */
  readonly direction?: Direction
  readonly seed?: number
}

export interface PatchResult {
  /** Recovery: 0 as the corrupt runs, 1 as the clean ones, over [layer, head], [layer, group], [layer, position] or [layer]. */
  readonly document: Grid
  /** Mean metric of the clean and of the corrupt runs. */
  readonly clean: number
  readonly corrupt: number
}

const patchParameters = z.strictObject({
  site: z.enum(siteNames as readonly [Site, ...Site[]]),
  by: z.enum(['head', 'group', 'position', 'layer']),
  at: placesSchema,
  direction: z.enum(['denoising', 'noising']),
})
type PatchParameters = z.infer<typeof patchParameters>

/** The request for a patching sweep. */
export async function patchRequest(opened: Opened, o: PatchOptions): Promise<SweepRequest> {
  const subject = await subjectRequest(opened, o)
  const at = o.at ?? 'all'
  const parameters: PatchParameters = {
    site: o.site,
    by: o.by ?? usualBy(o.site, at),
    at,
    direction: o.direction ?? 'denoising',
  }
  return { command: 'patch', ...subject, method: { id: 'activation-patching', version: 1, parameters } }
}

/** What stands at a position: the token that all pairs have there, both tokens of one pair, or that it varies. */
function positionLabels(pairs: readonly TaskPair[], clean: 'sample' | 'source', text: (id: number) => string) {
  return pairs[0]!.sample.ids.map((id, i) => {
    const tokens = new Set(pairs.flatMap(p => [p.sample.ids[i]!, p.source[i]!]))
    if (tokens.size === 1) return text(id)
    if (pairs.length > 1) return '*'
    const ids = [id, pairs[0]!.source[i]!]
    return (clean === 'sample' ? ids : ids.reverse()).map(text).join('/')
  })
}

const noTask = () =>
  new HeadwiseError('Patching takes values from another text: give a task of pairs (--task).', {
    code: 'patch-task',
    fault: 'usage',
    where: 'task',
    found: 'none',
    allowed: 'a task of pairs',
  })

const mean = (xs: Float64Array): number => xs.reduce((s, x) => s + x, 0) / xs.length

/** Plans such a request. */
export async function planPatching(
  opened: Opened,
  asked: SweepRequest,
  cut: SweepCut = {},
): Promise<Sweep<PatchResult>> {
  const request = budgeted(opened, asked, cut)
  const { site, by, at, direction } = parametersIn(patchParameters, request)
  const { engine } = opened
  const { task, seed } = request
  if (!task) throw noTask()
  const base = direction === 'denoising' ? 'corrupt' : 'clean'
  const { pairs, items, dropped } = await taskPairs(opened, task, base)
  const { axis, shape, cells, whole } = patches(site, pairs, engine.config, { by, places: at })
  const texts = [
    ...pairs.map(p => ({ ids: p.sample.ids, text: p.sample.text })),
    ...pairs.map(p => ({ ids: p.source, text: p.sourceText })),
  ]
  const spec = await sweepSpec(opened, request, { samples: texts, dropped })
  const runs = [...cells, whole]
  return sweepOf({
    spec,
    plan: await plan(
      engine,
      pairs.map(p => p.sample),
      runs,
      planOptions(opened, request, cut),
    ),
    finish: async rows => {
      const readings = new Readings(rows, { samples: pairs.length, runs: runs.length })
      const [own, source] = [readings.clean(items), readings.cells(items, 1, 1, cells.length)]
      const [clean, corrupt] = direction === 'denoising' ? [source, own] : [own, source]
      const patched = readings.cells(items, cells.length)
      const o = { clusters: clustersOf({ items }), draws: DRAWS, seed }
      const { ratio, low, high } = recovery({ clean, corrupt, patched }, sizeOf(shape), o)
      const tokenizer = await opened.tokenizer()
      const labels =
        axis === 'position'
          ? positionLabels(pairs, base === 'clean' ? 'sample' : 'source', id => tokenizer.tokenText(id))
          : undefined
      const document = gridOf({
        axes: [{ name: 'layer' }, ...(axis ? [{ name: axis, ...(labels && { labels }) }] : [])],
        shape,
        values: ratio,
        ...(low && high ? { low, high } : {}),
        n: items.length,
        metric: `recovery of ${task.metric} by patching ${site}, ${direction} (0 corrupt, 1 clean)`,
        spec,
      })
      return { document, clean: mean(clean), corrupt: mean(corrupt) }
    },
  })
}
