import { numbersOf, promptsText, shown } from '../figures/panel.ts'
import { label } from '../figures/svg.ts'
import type { Component } from '../words/component.ts'
import type { Grid } from '../words/grid.ts'
import type { Routes } from '../words/routes.ts'
import type { Generation, Pass, Run } from '../words/run.ts'
import type { TaskResult } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'

/** Results in words: what a notebook without pictures shows, and what stands under a figure. */

/** Probability as people read it. */
export const percent = (logprob: number): string => {
  const share = Math.exp(logprob)
  return share < 5e-5 ? '<0.01%' : `${(100 * share).toFixed(share < 0.1 ? 2 : 1)}%`
}
/** A share of rows with its interval, as in `67% [33, 100]`. */
export function accuracyWords({
  mean,
  low,
  high,
}: {
  mean: number
  low?: number | undefined
  high?: number | undefined
}) {
  const whole = (share: number) => (100 * share).toFixed(0)
  return `${whole(mean)}%${low === undefined || high === undefined ? '' : ` [${whole(low)}, ${whole(high)}]`}`
}

/** Where a cell is, as in `layer 6, head 5`. */
function placeOf({ axes }: Grid, shape: readonly number[], cell: number): string {
  let rest = cell
  const places: string[] = []
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const index = rest % shape[axis]!
    rest = (rest - index) / shape[axis]!
    places.unshift(`${axes[axis]!.name} ${label(axes[axis]!.labels?.[index] ?? String(index), 40)}`)
  }
  return places.join(', ')
}

/** What a grid holds, from where to where, and where it is strongest. */
export function gridWords(grid: Grid): string {
  const { shape, values } = numbersOf(grid)
  const known = [...values.keys()].filter(i => Number.isFinite(values[i]!))
  const about = `${label(grid.metric)}: ${grid.axes.map(a => a.name).join(' × ')}, ${shape.join(' × ')}; ${promptsText(grid)}`
  if (known.length === 0) return `${about}; no cell was measured.`
  const order = known.sort((a, b) => values[a]! - values[b]!)
  const [least, most] = [order[0]!, order.at(-1)!]
  const furthest = Math.abs(values[least]!) > Math.abs(values[most]!) ? least : most
  return `${about}; from ${shown(values[least]!)} to ${shown(values[most]!)}, furthest from 0 at ${placeOf(grid, shape, furthest)}.`
}

export const passWords = ({ tokens, loss }: Pass): string =>
  `${tokens.length} ${tokens.length === 1 ? 'token' : 'tokens'}${loss === null ? '' : `, loss ${shown(loss)} nats per token`}`

export const passesOf = (run: Run): readonly Pass[] => ('runs' in run ? run.runs : [run])

/** The tokens that may come next, with how likely they are. */
export const runWords = (run: Run): string =>
  passesOf(run)
    .map(
      p =>
        `${passWords(p)}; next: ${p.top.map(t => `${label(JSON.stringify(t.token), 40)} ${percent(t.logprob)}`).join(', ')}.`,
    )
    .join('\n')

/** The text with its lines. */
export const generationWords = ({ text }: Generation): string =>
  text
    .split('\n')
    .map(line => label(line, 10_000))
    .join('\n')

export const taskWords = (task: TaskResult): string =>
  'refused' in task
    ? `${label(task.id)}: ${label(task.refused)}`
    : `${label(task.id)}: ${task.prompts} rows${task.accuracy ? `, ${accuracyWords(task.accuracy)} right (chance ${accuracyWords({ mean: task.chance! })})` : ''}, mean ${task.metric} ${shown(task.value.mean)}.`

/** A part of the model as one would say it: `head 6.5`, `feed-forward 5`, `after layer 5`. */
export function componentWords(of: Component): string {
  if ('mlp' in of) return `feed-forward ${of.mlp}`
  if ('neuron' in of) return `neuron ${of.neuron.layer}.${of.neuron.neuron}`
  if ('residual' in of) {
    if (of.residual === 'resid_pre') return 'embedding'
    return `after ${of.residual === 'resid_mid' ? 'attention' : 'layer'} ${of.layer}`
  }
  return `${of.heads.length === 1 ? 'head' : 'heads'} ${of.heads.map(h => `${h.layer}.${h.head}`).join(', ')}`
}

/** What was read, and where. */
export const writesTitle = ({ of, position, token }: Writes): string =>
  `${componentWords(of)} at ${label(JSON.stringify(token), 40)}, position ${position}`

export const writesWords = (w: Writes): string => {
  const logits = (list: Writes['raises']) =>
    list.map(t => `${label(JSON.stringify(t.token), 40)} ${shown(t.logits)}`).join(', ')
  const lens = w.lens?.map(t => `${label(JSON.stringify(t.token), 40)} ${percent(t.logprob)}`).join(', ')
  return `${writesTitle(w)}: ${lens === undefined ? '' : `predicts ${lens}; `}raises ${logits(w.raises)}; lowers ${logits(w.lowers)}; logits.`
}

export const routesWords = ({ nodes, edges, position, tokens, threshold, notDrawn }: Routes): string =>
  `Routes to ${label(JSON.stringify(tokens[position] ?? ''), 40)}, position ${position}: ${nodes.length} nodes and ${edges.length} edges with contributions of ${threshold} or more; ${shown(notDrawn)} of what enters the nodes is in no edge.`
