import {
  type Ablation,
  ablateHeads,
  harmless,
  otherPrompts,
  planAblation,
  type Removal,
} from '../heads/importance/ablation.ts'
import { gridValues } from '../results/grid.ts'
import type { Sample } from '../runs/metric.ts'
import type { Plan } from '../runs/plan.ts'
import { HeadwiseError, type Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Task } from '../words/task.ts'
import type { Opened } from './open.ts'
import type { Prompt } from './prompts.ts'
import { encodeAll, specFor } from './spec.ts'
import { taskSamples } from './task-samples.ts'

export interface AblateOptions extends Watch {
  readonly mode: 'zero' | 'mean'
  /**
   * For `mean`: the same text (default), texts whose positions from 1 on are averaged, or in that way the other prompts
   * (default for a task).
   */
  readonly reference?: 'self' | 'others' | readonly (readonly number[])[]
  /** What the loss is taken on: one text, or several prompts. */
  readonly text?: string
  readonly prompts?: readonly Prompt[]
  readonly task?: Task
  readonly seed?: number
}

export interface AblationResult extends Ablation {
  readonly grid: Grid
  /** Heads that can be removed alone with less than 1% of harm to the metric. */
  readonly harmless: number
}

/** A planned ablation: what it will cost, and the work itself. */
export interface AblationPlan {
  readonly plan: Plan
  execute(o?: Watch): Promise<AblationResult>
}

const HARM = 0.01

/** Plans the removal of every head, one at a time; nothing edited has run yet. */
export async function planRemovals(opened: Opened, o: AblateOptions): Promise<AblationPlan> {
  const task = o.task && (await import('../results/input.ts')).checkTask(o.task, 'task')
  const { engine, budget } = opened
  const { layers, heads } = opened.engine.config
  const reference = o.reference ?? (task ? 'others' : 'self')
  const encoded = task
    ? await taskSamples(task, await opened.tokenizer())
    : {
        samples: (await encodeAll(opened, o.prompts ?? (o.text === undefined ? [] : [o.text]), o.signal)).map(p => ({
          ...p,
          read: { metric: 'loss' } as const,
        })),
        dropped: [],
      }
  const read = task?.metric === 'logit_diff' ? 'logit_diff' : 'loss'
  const samples: readonly Sample[] = encoded.samples
  if (samples.length === 0)
    throw new HeadwiseError('There is nothing to measure on: give a text, token ids or a task.', {
      code: 'ablate-empty',
      fault: 'usage',
      where: 'prompts',
      found: 0,
      allowed: '1 or more',
    })
  const short = samples.findIndex(s => s.ids.length < 2)
  if (read === 'loss' && short >= 0)
    throw new HeadwiseError(`Prompt ${short} has one token, and a loss needs two or more.`, {
      code: 'ablate-short',
      fault: 'usage',
      where: `prompts[${short}]`,
      found: 1,
      allowed: '2 or more',
    })
  const removal = removalOf(o.mode, reference, samples)
  const plan = await planAblation(engine, samples, removal, budget)
  const seed = o.seed ?? 0
  const higherIsBetter = read === 'logit_diff'
  return {
    plan,
    execute: async (watch = {}) => {
      const ablation = await ablateHeads(plan, watch)
      const { headGrid } = await import('./head-grid.ts')
      const spec = await specFor(
        opened,
        {
          command: 'ablate',
          prompts: encoded.samples.map(({ ids, text }) => ({ ids, ...(text === undefined ? {} : { text }) })),
          ...(task ? { task } : {}),
          seed,
          method: {
            id: `ablate-${o.mode}`,
            version: 1,
            parameters: removal.mode === 'mean' ? { reference } : {},
          },
        },
        {},
        encoded.dropped,
      )
      const metric = `${read}, head removed (${o.mode}) minus clean${read === 'loss' ? ', nats per token' : ''}`
      const clean = ablation.clean.reduce((s, x) => s + x, 0) / ablation.clean.length
      const measured = { values: ablation.delta, prompts: samples.length, layers, heads, metric, higherIsBetter, seed }
      const grid = headGrid(measured, spec)
      return { ...ablation, grid, harmless: harmless(gridValues(grid).data, clean, HARM, higherIsBetter) }
    },
  }
}

/** What stands in for the heads; refuses a mean over other prompts where there are none. */
function removalOf(
  mode: AblateOptions['mode'],
  reference: NonNullable<AblateOptions['reference']>,
  samples: readonly Sample[],
): Removal {
  if (mode === 'zero') return { mode }
  if (reference !== 'others') return { mode, reference }
  const references = otherPrompts(samples.map(s => s.ids))
  const alone = references.findIndex(others => !others.some(ids => ids.length > 1))
  if (alone < 0) return { mode, references }
  throw new HeadwiseError(
    `A mean over other prompts needs two different ones, and prompt ${alone} has no other; give texts to average over (--reference).`,
    {
      code: 'ablate-reference',
      fault: 'usage',
      where: 'reference',
      found: samples.length,
      allowed: '2 prompts or more',
    },
  )
}
