import { isTaskList, type ResultDocument } from '../results/document.ts'
import { flatCells, gridShape } from '../results/grid.ts'
import { numberOf } from '../results/json.ts'
import { benjaminiHochberg } from '../statistics/fdr.ts'
import type { Grid } from '../words/grid.ts'
import type { RouteEdge, Routes } from '../words/routes.ts'
import type { Generation, Pass, Run } from '../words/run.ts'
import type { Request } from '../words/spec.ts'
import type { TaskMeasured, TaskResult } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'
import { LEAST_ATTENTION } from './attended.ts'

/** The largest difference between two results of one request, measured against what is allowed there. */
export interface Difference {
  readonly largest: number
  /** What the difference at `where` may be at most. */
  readonly tolerance: number
  /** The place in the document; empty when nothing differs. */
  readonly where: string
}

/** Absolute: losses in nats, scores as shares of attention, log-probabilities; tokens must be the same. */
const TOLERANCE = {
  loss: 2e-5,
  recovery: 1e-4,
  scores: 3e-5,
  /** Two words of nearly equal attention may trade places as the most attended one of an edge. */
  hits: 5e-3,
  entropy: 1e-4,
  logprob: 1e-3,
  attention: 5e-5,
  contribution: 1e-4,
  p: 5e-3,
  q: 1e-9,
  exact: 0,
} as const

/** Equal numbers, NaN and infinities included, differ by 0; a number and something else by infinity. */
function distance(before: unknown, after: unknown): number {
  const [a, b] = [numberOf(before), numberOf(after)]
  if (a === undefined || b === undefined) return before === after ? 0 : Number.POSITIVE_INFINITY
  if (Object.is(a, b) || a === b) return 0
  const d = Math.abs(a - b)
  return Number.isNaN(d) ? Number.POSITIVE_INFINITY : d
}

const at = (where: string, largest: number, tolerance: number): Difference => ({ largest, tolerance, where })
const number = (where: string, before: unknown, after: unknown, tolerance: number): Difference =>
  at(where, distance(before, after), tolerance)

/** The one that is furthest beyond what is allowed. */
function worst(all: readonly Difference[]): Difference {
  const beyond = ({ largest, tolerance }: Difference) =>
    largest === 0 ? 0 : tolerance === 0 ? Number.POSITIVE_INFINITY : largest / tolerance
  return all.reduce((w, d) => (beyond(d) > beyond(w) ? d : w), at('', 0, all[0]?.tolerance ?? 0))
}

function nested(where: string, before: unknown, after: unknown, tolerance: number): Difference {
  if (!Array.isArray(before) || !Array.isArray(after)) return number(where, before, after, tolerance)
  if (before.length !== after.length) return at(`${where}.length`, Math.abs(before.length - after.length), 0)
  return worst([at('', 0, tolerance), ...before.map((b, i) => nested(`${where}[${i}]`, b, after[i], tolerance))])
}

/** What a value may differ by: sums of log-probabilities and logits more than means of them and shares. */
function toleranceOf({ metric, spec }: Pick<Grid | TaskMeasured, 'metric' | 'spec'>): number {
  const { command, method } = spec.request
  if (command === 'scores') return method?.id === 'entropy' ? TOLERANCE.entropy : TOLERANCE.scores
  if (command === 'syntax') return metric.startsWith('attention') ? TOLERANCE.scores : TOLERANCE.hits
  if (metric.startsWith('logit_diff') || metric.startsWith('sequence_logprob')) return TOLERANCE.logprob
  return metric.startsWith('recovery') ? TOLERANCE.recovery : TOLERANCE.loss
}

/** How many sets of prompts a test of this request flips the signs of: templates, prompts without one each for itself. */
function unitsOf({ prompts, task }: Request): number {
  if (!task) return prompts.length
  const rows: readonly { readonly template?: string | undefined }[] = task.prompts ?? task.pairs
  return new Set(rows.map(({ template }, i) => template ?? i)).size
}

/**
 * What p may differ by. Of random keys: draws that lie nearer to the observed value than its own tolerance may change
 * sides. Of flips of signs: besides, an effect that is nearly nothing may count or not, which is one step of the test,
 * 2 of its 2^units flips; with few prompts that is much.
 */
const toleranceOfP = ({ command, ...request }: Request): number =>
  command === 'scores' ? TOLERANCE.p : Math.max(TOLERANCE.p, 2 ** (1 - unitsOf({ command, ...request })))

/** q is compared with what follows from the p beside it, so that it needs no tolerance but that of rounding. */
function rates(grid: Grid, where: string): Difference {
  const { p, q } = grid
  if (p === undefined || q === undefined) return at('', 0, TOLERANCE.q)
  const shape = gridShape(grid)
  const [now, follows] = [flatCells(q, shape, 'q'), benjaminiHochberg(flatCells(p, shape, 'p'))]
  return worst(Array.from(now, (x, i) => number(`${where}q`, x, follows[i]!, TOLERANCE.q)))
}

function grids(before: Grid, after: Grid, where: string): Difference {
  const tolerance = toleranceOf(before)
  return worst([
    ...(['values', 'low', 'high'] as const).map(p => nested(`${where}${p}`, before[p], after[p], tolerance)),
    nested(`${where}n`, before.n, after.n, TOLERANCE.exact),
    nested(`${where}p`, before.p, after.p, toleranceOfP(before.spec.request)),
    at(`${where}q`, Number(Boolean(before.q) !== Boolean(after.q)), TOLERANCE.exact),
    rates(before, where),
  ])
}

/** The same rows must be answered right; the mean of the metric is compared as a grid of it would be. */
function tasks(before: TaskResult, after: TaskResult, where: string): Difference {
  const exact = (field: string, a: unknown, b: unknown) => at(`${where}${field}`, Number(a !== b), TOLERANCE.exact)
  if ('refused' in before || 'refused' in after)
    return exact('refused', 'refused' in before && before.refused, 'refused' in after && after.refused)
  const [a, b] = [before.accuracy, after.accuracy]
  const tolerance = toleranceOf(before)
  return worst([
    ...(['mean', 'low', 'high'] as const).flatMap(part => [
      number(`${where}value.${part}`, before.value[part], after.value[part], tolerance),
      number(`${where}accuracy.${part}`, a?.[part], b?.[part], TOLERANCE.exact),
    ]),
    ...(['id', 'prompts', 'chance', 'can'] as const).map(field => exact(field, before[field], after[field])),
  ])
}

/** A token that left the list of the most likely stands below the list's last. */
function tops(before: Pass['top'], after: Pass['top'], where: string): Difference[] {
  const found = new Map(after.map(t => [t.id, t.logprob]))
  const last = after.at(-1)?.logprob
  return before.map(({ id, logprob }, i) =>
    number(`${where}top[${i}].logprob`, logprob, found.get(id) ?? last, TOLERANCE.logprob),
  )
}

/** Of the heads told of, the weights in falling order: heads of nearly equal weight may trade places. */
function attention(before: Pass['heads'] = [], after: Pass['heads'] = [], where: string): Difference[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => {
    const [a, b] = [before, after].map(list => list[i]?.weight ?? LEAST_ATTENTION)
    return number(`${where}heads[${i}].weight`, a, b, TOLERANCE.attention)
  })
}

const passes = (before: Pass, after: Pass, where: string): Difference =>
  worst([
    number(`${where}loss`, before.loss, after.loss, TOLERANCE.loss),
    nested(`${where}tokens`, before.tokens, after.tokens, TOLERANCE.exact),
    number(`${where}inContextGain`, before.inContextGain, after.inContextGain, 2 * TOLERANCE.loss),
    ...tops(before.top, after.top, where),
    ...attention(before.heads, after.heads, where),
  ])

const passesOf = (run: Run): readonly Pass[] => ('runs' in run ? run.runs : [run])

function runs(before: Run, after: Run): Difference {
  const [a, b] = [passesOf(before), passesOf(after)]
  if (a.length !== b.length) return at('runs.length', Math.abs(a.length - b.length), 0)
  const named = (i: number) => ('runs' in before ? `runs[${i}].` : '')
  return worst([
    number('loss', before.loss, after.loss, TOLERANCE.loss),
    ...a.map((pass, i) => passes(pass, b[i]!, named(i))),
  ])
}

const generations = (before: Generation, after: Generation): Difference =>
  worst([
    nested('tokens', before.tokens, after.tokens, TOLERANCE.exact),
    at('text', before.text === after.text ? 0 : 1, TOLERANCE.exact),
  ])

/** Of the tokens or neurons told of, by their ids: one that left the list stands at the list's last. */
function ranked<T>(
  where: string,
  before: readonly T[],
  after: readonly T[],
  id: (x: T) => number,
  of: (x: T) => number,
) {
  const found = new Map(after.map(x => [id(x), of(x)]))
  const last = after.at(-1)
  return before.map((x, i) =>
    number(`${where}[${i}]`, of(x), found.get(id(x)) ?? (last && of(last)), TOLERANCE.logprob),
  )
}

const written = (before: Writes, after: Writes): Difference =>
  worst([
    number('mean', before.mean, after.mean, TOLERANCE.logprob),
    ...(['raises', 'lowers'] as const).flatMap(side =>
      ranked(
        side,
        before[side],
        after[side],
        t => t.id,
        t => t.logits,
      ),
    ),
    ...ranked(
      'lens',
      before.lens ?? [],
      after.lens ?? [],
      t => t.id,
      t => t.logprob,
    ),
    ...ranked(
      'neurons',
      before.neurons ?? [],
      after.neurons ?? [],
      n => n.neuron,
      n => n.length,
    ),
  ])

const nodeName = ({ site, layer, position }: RouteEdge['to']): string => `${site}@${layer} ${position}`
const edgeName = ({ part, head, from, to }: RouteEdge): string =>
  `${nodeName(to)} ${part}${head === undefined ? '' : ` ${to.layer}.${head}`} ${from.position}`

/** An edge that one side lacks lies below the threshold there; what is behind it follows from that. */
function routes(before: Routes, after: Routes): Difference {
  const [a, b] = [before, after].map(r => new Map(r.edges.map(e => [edgeName(e), e.contribution]))) as [
    Map<string, number>,
    Map<string, number>,
  ]
  const reached = [before, after].map(r => new Set(r.nodes.map(nodeName)))
  const both = [...before.edges, ...after.edges].filter(({ to }) => reached.every(r => r.has(nodeName(to))))
  const same = a.size === b.size && [...a.keys()].every(name => b.has(name))
  return worst([
    ...(same ? [number('notDrawn', before.notDrawn, after.notDrawn, TOLERANCE.contribution)] : []),
    ...both.map(edgeName).map(name => {
      const [x = before.threshold, y = after.threshold] = [a.get(name), b.get(name)]
      return number(`edges ${name}`, x, y, TOLERANCE.contribution)
    }),
  ])
}

/** Compares every number of two results; times are left out. */
export function compareResults(before: ResultDocument, after: ResultDocument): Difference {
  if (Array.isArray(before) && Array.isArray(after) && before.length !== after.length)
    return at('length', Math.abs(before.length - after.length), TOLERANCE.exact)
  if (isTaskList(before) && isTaskList(after)) return worst(before.map((t, i) => tasks(t, after[i]!, `[${i}].`)))
  if (isTaskList(before) || isTaskList(after)) return at('kind', 1, 0)
  if (Array.isArray(before) && Array.isArray(after)) return worst(before.map((g, i) => grids(g, after[i]!, `[${i}].`)))
  if (Array.isArray(before) || Array.isArray(after)) return at('kind', 1, 0)
  if (before.kind === 'grid' && after.kind === 'grid') return grids(before, after, '')
  if (before.kind === 'run' && after.kind === 'run') return runs(before, after)
  if (before.kind === 'generation' && after.kind === 'generation') return generations(before, after)
  if (before.kind === 'writes' && after.kind === 'writes') return written(before, after)
  if (before.kind === 'routes' && after.kind === 'routes') return routes(before, after)
  return at('kind', 1, 0)
}
