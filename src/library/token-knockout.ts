import { z } from 'zod'
import { tokenKnockouts } from '../causal/knockout.ts'
import { Readings } from '../heads/importance/readings.ts'
import type { Sample } from '../runs/metric.ts'
import { plan } from '../runs/plan.ts'
import type { EditInput } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { effectGrid } from './effect-grid.ts'
import type { KnockoutResult } from './knockout.ts'
import type { Opened } from './open.ts'
import { runPrompts } from './run.ts'
import { editList, encodeAll } from './spec.ts'
import { metricText, type Subject, type SubjectOptions, subjectOf, subjectRequest } from './subject.ts'
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

export interface TokenKnockoutOptions extends SubjectOptions {
  /** Each token by itself, cut off from every query after it in all heads of all layers. */
  readonly by: 'key'
  /** In force in both runs that are compared; values from files are not taken. */
  readonly edits?: readonly EditInput[]
  /** The next token of each prompt whose log-probability is read; default the likeliest one without edits. */
  readonly next?: readonly number[]
}

const token = z.number().int().nonnegative()
const parametersSchema = z.strictObject({ by: z.literal('key'), next: z.array(token).optional() })

/**
 * The request for the effect of each token. A text is measured by the log-probability of one next token, a task by its
 * own metric.
 */
export async function tokenKnockoutRequest(opened: Opened, o: TokenKnockoutOptions): Promise<SweepRequest> {
  const subject = await subjectRequest(opened, o)
  const next = o.task ? undefined : (o.next ?? (await likeliest(opened, subject.prompts, o.signal)))
  const edits = await editList(o.edits)
  return {
    command: 'knockout',
    ...subject,
    ...(edits.length > 0 ? { edits } : {}),
    method: { id: 'token-knockout', version: 1, parameters: { by: 'key', ...(next && { next: [...next] }) } },
  }
}

async function likeliest(opened: Opened, prompts: SweepRequest['prompts'], signal?: AbortSignal): Promise<number[]> {
  if (prompts.length === 0) return []
  const { passes } = await runPrompts(
    opened,
    prompts.map(p => p.ids),
    { signal },
  )
  return passes.map(p => p.top[0]!.id)
}

/** The samples with the token that is read after each, where a text is measured. */
function samplesOf({ samples, task }: Subject, next: readonly number[] | undefined): Sample[] {
  if (task) return [...samples]
  if (next?.length !== samples.length)
    throw new HeadwiseError(
      `There are ${samples.length} prompts and ${next?.length ?? 0} next tokens; give one each.`,
      {
        code: 'knockout-next',
        fault: 'usage',
        where: 'next',
        found: next?.length ?? 0,
        allowed: samples.length,
      },
    )
  return samples.map(({ ids }, i) => ({ ids, read: { metric: 'next_logprob', token: next[i]! } }))
}

/** What stands at each key in every prompt; where it varies, a star. */
const labelsOf = (samples: readonly Sample[], keys: number, text: (id: number) => string): string[] =>
  Array.from({ length: keys }, (_, k) => {
    const id = samples[0]!.ids[k]!
    return samples.every(s => s.ids[k] === id) ? text(id) : '*'
  })

/** Plans such a request: [key], the metric with the token cut off minus the metric as it is, edits in force in both. */
export async function planTokenKnockout(
  opened: Opened,
  asked: SweepRequest,
  cut: SweepCut = {},
): Promise<Sweep<KnockoutResult>> {
  const request = budgeted(opened, asked, cut)
  const { engine } = opened
  const { next } = parametersIn(parametersSchema, request)
  const { edits = [] } = request
  const subject = await subjectOf(opened, request, 'kl')
  const { items, task } = subject
  const samples = samplesOf(subject, next)
  const tokenizer = await opened.tokenizer()
  const text = (id: number): string => tokenizer.tokenText(id)
  const placed = samples.map((sample, s) => ({ sample, name: subject.nameOf(s) }))
  const cuts = tokenKnockouts(placed, engine.config.layers)
  // The first run is what the others are compared with.
  const runs = [[...edits], ...cuts.map(c => [...edits, ...c])]
  const spec = await sweepSpec(opened, request, subject)
  const encode = async (words: string) => (await encodeAll(opened, [words], undefined))[0]!.ids
  const done = 'token cut off minus as it is'
  const read = next?.length === 1 ? `log-probability of ${JSON.stringify(text(next[0]!))}` : 'log-probability'
  return sweepOf({
    spec,
    plan: await plan(engine, samples, runs, { ...planOptions(opened, request, cut), context: { encode } }),
    finish: async rows => {
      const readings = new Readings(rows, { samples: samples.length, runs: runs.length })
      const base = readings.cells(items, 1)
      const effects = readings.cells(items, cuts.length, 1, 1).map((x, i) => x - base[Math.floor(i / cuts.length)]!)
      const document = effectGrid(
        {
          axes: [{ name: 'key', labels: labelsOf(samples, cuts.length, text) }],
          shape: [cuts.length],
          effects,
          items,
          metric: task ? metricText(task.metric, done) : `${read} as the next token, ${done}, nats`,
          higherIsBetter: task ? subject.higherIsBetter : true,
          seed: request.seed,
        },
        spec,
      )
      return { document, clean: base.reduce((s, x) => s + x, 0) / base.length, blind: 0 }
    },
  })
}
