import { findDetector, detectors as known } from '../heads/detectors/index.ts'
import {
  type Ablation,
  ablateHeads,
  harmless,
  otherPrompts,
  planAblation,
  type Removal,
} from '../heads/importance/ablation.ts'
import { inContextGain } from '../heads/in-context-gain.ts'
import { scoreHeads } from '../heads/scores.ts'
import type { DecoderConfig } from '../models/config.ts'
import { gridOf } from '../results/grid.ts'
import { specOf } from '../results/spec.ts'
import { type Exported, exportModel } from '../runs/export.ts'
import { generate } from '../runs/generate.ts'
import type { Plan, Sample } from '../runs/plan.ts'
import type { Probe } from '../runs/probe.ts'
import { runSequence, type SequenceRun, type Sink } from '../runs/run.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { NDArray } from '../words/arrays.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError, type OnProgress } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Generation, Pass, Run } from '../words/run.ts'
import type { Request, Spec } from '../words/spec.ts'
import type { Task } from '../words/task.ts'
import { attendedFrom, lastRows } from './attended.ts'
import { capturePoints, parseCapture, stacked } from './captures.ts'
import type { LoadOptions, Opened } from './open.ts'
import { open } from './open.ts'
import { type EncodedPrompt, encodePrompt, type Prompt } from './prompts.ts'
import { randomRepeats } from './random-repeats.ts'
import { StopStrings } from './stop-strings.ts'
import { taskSamples } from './task-samples.ts'
import { editFiles, tensorReader } from './tensors.ts'
import { version } from './version.ts'

interface Watch {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

export interface RunOptions extends Watch {
  /** Sites as on the command line: `z` (every layer) or `z@6`. */
  readonly capture?: readonly string[]
  readonly edits?: readonly Edit[]
  /** The folder of the files that edits take values from; default the current one. */
  readonly folder?: string
  /** Keep the logits of every position. */
  readonly allLogits?: boolean
  /** Tell which keys each head attends to most from the last position. */
  readonly attended?: boolean
  /** Takes the captures of one prompt, layer by layer, instead of keeping them. */
  readonly sink?: (prompt: number) => Sink
}

/** One prompt's pass: `get('pattern')` is the site stacked over layers, `get('z@6')` one layer of it. */
export interface PassResult extends SequenceRun {
  get(capture: string): NDArray<'f32'>
}

export interface RunResult {
  readonly document: Run
  readonly passes: readonly PassResult[]
}

export interface GenerateOptions extends Watch {
  readonly maxTokens: number
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  /** The text ends before the first of these. */
  readonly stop?: readonly string[]
  readonly seed?: number
  /** Go on after the model's end tokens. */
  readonly ignoreEnd?: boolean
  readonly edits?: readonly Edit[]
  readonly folder?: string
}

export interface GenerationStep {
  /** −1 for what is left of the text when no token follows. */
  readonly id: number
  /** The text that this token completes; may be empty, and what may yet become a stop string waits. */
  readonly text: string
}

export interface ScoreOptions extends Watch {
  /** Token ids; default 4 sequences of 50 random tokens said twice. */
  readonly prompts?: readonly (readonly number[])[]
  readonly seed?: number
}

export interface AblateOptions extends Watch {
  readonly mode: 'zero' | 'mean'
  /**
   * For `mean`: the same text (default), texts whose positions from 1 on are averaged, or in that way the other prompts
   * (default for a task).
   */
  readonly reference?: 'self' | 'others' | readonly (readonly number[])[]
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
const DRAWS = 10_000

/** A loaded model. `await using m = await load('specimen')`. */
export class Headwise implements AsyncDisposable {
  readonly #opened: Opened
  constructor(opened: Opened) {
    this.#opened = opened
  }

  get config(): DecoderConfig {
    return this.#opened.engine.config
  }
  get engine() {
    return this.#opened.engine
  }
  tokenizer(): Promise<Tokenizer> {
    return this.#opened.tokenizer()
  }
  get detectors(): readonly string[] {
    return known.map(d => d.id)
  }

  /** One pass for each prompt, with captures and edits. */
  async run(prompts: Prompt | readonly Prompt[], o: RunOptions = {}): Promise<RunResult> {
    const { engine, budget } = this.#opened
    const { layers } = this.config
    const captures = (o.capture ?? []).map(c => parseCapture(c, layers))
    const encoded = await this.#encode(listed(prompts), o.signal)
    const folder = o.folder ?? '.'
    const reductions: Probe[] = o.attended ? lastRows(layers) : []
    const passes: PassResult[] = []
    for (const [i, { ids }] of encoded.entries()) {
      const pass = await runSequence(engine, ids, {
        capture: capturePoints(captures, layers),
        reductions,
        edits: o.edits ?? [],
        allLogits: o.allLogits ?? false,
        budget,
        sample: i,
        ...this.#context(folder, encoded),
        ...(o.sink ? { sink: o.sink(i) } : {}),
        signal: o.signal,
        onProgress: o.onProgress,
      })
      passes.push({ ...pass, get: name => stacked(parseCapture(name, layers), layers, pass.captured) })
    }
    const spec = await this.#spec(
      { command: 'run', prompts: encoded, edits: [...(o.edits ?? [])], ...this.#withCaptures(o.capture) },
      await editFiles(o.edits ?? [], folder),
    )
    return { document: await this.#runDocument(passes, spec), passes }
  }

  #withCaptures(capture: readonly string[] | undefined): Pick<Request, 'method'> | object {
    return capture?.length ? { method: { id: 'capture', version: 1, parameters: { sites: [...capture] } } } : {}
  }

  async #runDocument(passes: readonly PassResult[], spec: Spec): Promise<Run> {
    const tokenizer = await this.tokenizer()
    const documents = passes.map(
      (p): Pass => ({
        tokens: [...p.ids],
        loss: p.loss,
        top: p.top.map(({ id, logprob }) => ({ id, token: tokenizer.tokenText(id), logprob })),
        ...gain(p),
        ...attendedFrom(p, tokenizer, this.config),
      }),
    )
    const [only, second] = documents
    if (only && !second) return { kind: 'run', ...only, spec }
    const losses = documents.flatMap(d => (d.loss === null ? [] : [d.loss]))
    const loss = losses.length === 0 ? null : losses.reduce((s, x) => s + x, 0) / losses.length
    return { kind: 'run', loss, runs: documents as [Pass, ...Pass[]], spec }
  }

  /** Continues a text; yields every token as it comes. */
  async *generate(prompt: Prompt, o: GenerateOptions): AsyncGenerator<GenerationStep> {
    const { ids } = await encodePrompt(prompt, this.#opened.tokenizer, o.signal)
    yield* this.#continue(ids, o)
  }

  async *#continue(ids: readonly number[], o: GenerateOptions): AsyncGenerator<GenerationStep> {
    const { engine } = this.#opened
    const tokenizer = await this.tokenizer()
    const stream = tokenizer.decodeStream()
    const ends = [...new Set([...this.config.endTokens, ...tokenizer.endTokens])]
    const text = new StopStrings(o.stop ?? [])
    for await (const { id } of generate(engine, ids, {
      maxTokens: o.maxTokens,
      temperature: o.temperature ?? 0,
      ...(o.topK === undefined ? {} : { topK: o.topK }),
      ...(o.topP === undefined ? {} : { topP: o.topP }),
      seed: o.seed ?? 0,
      endTokens: o.ignoreEnd ? [] : ends,
      edits: o.edits ?? [],
      ...this.#context(o.folder ?? '.', [{ ids }]),
      signal: o.signal,
    })) {
      yield { id, text: text.push(stream.push(id)) }
      if (text.stopped) return
    }
    const rest = text.push(stream.flush()) + text.flush()
    if (rest) yield { id: -1, text: rest }
  }

  /** Continues a text to its end and reports it; `onToken` sees the text as it comes. */
  async generation(prompt: Prompt, o: GenerateOptions & { onToken?: (text: string) => void }): Promise<Generation> {
    const encoded = await encodePrompt(prompt, this.#opened.tokenizer, o.signal)
    const fresh: number[] = []
    let text = ''
    let first = 0
    let last = 0
    for await (const step of this.#continue(encoded.ids, o)) {
      text += step.text
      o.onToken?.(step.text)
      if (step.id < 0) continue
      fresh.push(step.id)
      last = performance.now()
      if (fresh.length === 1) first = last
    }
    const { temperature = 0, topK, topP, stop = [], seed = 0, maxTokens, ignoreEnd = false } = o
    const parameters = {
      maxTokens,
      temperature,
      stop: [...stop],
      ignoreEnd,
      ...(topK === undefined ? {} : { topK }),
      ...(topP === undefined ? {} : { topP }),
    }
    const spec = await this.#spec(
      {
        command: 'generate',
        prompts: [encoded],
        edits: [...(o.edits ?? [])],
        seed,
        method: { id: 'generate', version: 1, parameters },
      },
      await editFiles(o.edits ?? [], o.folder ?? '.'),
    )
    const tokensPerSecond = fresh.length > 1 ? ((fresh.length - 1) / (last - first)) * 1000 : null
    return { kind: 'generation', tokens: [...encoded.ids, ...fresh], text, tokensPerSecond, spec }
  }

  /** One grid [layer, head] for each detector, in the order asked for: the mean over prompts with its 95% interval. */
  async scores(ids: readonly string[], o: ScoreOptions = {}): Promise<Grid[]> {
    const wanted = ids.map(findDetector)
    const { layers, heads } = this.config
    const seed = o.seed ?? 0
    const tokenizer = await this.tokenizer()
    const prompts = o.prompts ?? randomRepeats(tokenizer, this.config.vocab, seed)
    const facts = prompts.map(p => ({
      ids: p,
      tokenText: (id: number) => tokenizer.tokenText(id),
      specialIds: tokenizer.specialIds,
    }))
    const scores = await scoreHeads(this.engine, wanted, facts, o)
    const { bootstrapGrid } = await import('../statistics/bootstrap.ts')
    const grids: Grid[] = []
    for (const d of wanted) {
      const { values, prompts: n } = scores.get(d.id)!
      if (n === 0)
        throw new HeadwiseError(
          `${d.id}: no prompt has a token that the detector looks at; give texts in which tokens repeat, or none for the default.`,
          {
            code: 'scores-empty',
            fault: 'usage',
            where: 'tokens',
            found: 0,
            allowed: 'texts with repeated tokens',
          },
        )
      const interval = bootstrapGrid(values, n, layers * heads, { seed, draws: DRAWS })
      const spec = await this.#spec({
        command: 'scores',
        prompts: prompts.map(p => ({ ids: p })),
        seed,
        method: { id: d.id, version: 1, parameters: {} },
      })
      grids.push(headGrid(layers, heads, d.metric, { values: interval.mean, ...ends(interval), n }, spec))
    }
    return grids
  }

  /** Plans the removal of every head, one at a time; nothing edited has run yet. */
  async planAblation(o: AblateOptions): Promise<AblationPlan> {
    const { engine, budget } = this.#opened
    const { layers, heads } = this.config
    const reference = o.reference ?? (o.task ? 'others' : 'self')
    const encoded = o.task
      ? await this.#taskPrompts(o.task)
      : { samples: await this.#encode(o.prompts ?? [], o.signal), dropped: [] }
    const read = o.task?.metric === 'logit_diff' ? 'logit_diff' : 'loss'
    const samples: Sample[] = encoded.samples
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
    const plan = await planAblation(engine, samples, removal, read, budget)
    const seed = o.seed ?? 0
    const higherIsBetter = read === 'logit_diff'
    return {
      plan,
      execute: async (watch = {}) => {
        const ablation = await ablateHeads(plan, watch)
        const { bootstrapGrid } = await import('../statistics/bootstrap.ts')
        const interval = bootstrapGrid(ablation.delta, samples.length, layers * heads, { seed, draws: DRAWS })
        const spec = await this.#spec(
          {
            command: 'ablate',
            prompts: encoded.samples.map(({ ids, text }) => ({ ids, ...(text === undefined ? {} : { text }) })),
            ...(o.task ? { task: o.task } : {}),
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
        return {
          ...ablation,
          grid: headGrid(
            layers,
            heads,
            metric,
            { values: interval.mean, ...ends(interval), n: samples.length, higherIsBetter },
            spec,
          ),
          harmless: harmless(interval.mean, clean, HARM, higherIsBetter),
        }
      },
    }
  }

  /** Removes every head, one at a time: metric edited − metric clean, [layer, head]. */
  async ablate(o: AblateOptions): Promise<Grid> {
    return (await (await this.planAblation(o)).execute(o)).grid
  }

  /** The model with its edits as ONNX of standard operators; `data` names the file beside it for large weights. */
  async export(edits: readonly Edit[], o: { positions?: number; data: string; folder?: string }): Promise<Exported> {
    return await exportModel(
      this.engine,
      edits,
      o.positions ?? this.config.context,
      o.data,
      this.#context(o.folder ?? '.', []),
    )
  }

  async #taskPrompts(task: Task): Promise<{ samples: (EncodedPrompt & Sample)[]; dropped: string[] }> {
    return await taskSamples(task, await this.tokenizer())
  }

  async #encode(prompts: readonly Prompt[], signal: AbortSignal | undefined): Promise<EncodedPrompt[]> {
    return await Promise.all(prompts.map(p => encodePrompt(p, this.#opened.tokenizer, signal)))
  }

  #context(folder: string, prompts: readonly EncodedPrompt[]) {
    return {
      encode: async (text: string) => (await this.tokenizer()).encode(text),
      tensor: tensorReader(folder),
      others: prompts.map(p => p.ids),
    }
  }

  async #spec(
    request: Partial<Omit<Request, 'prompts'>> & Pick<Request, 'command'> & { prompts: readonly EncodedPrompt[] },
    files: Record<string, string> = {},
    dropped: readonly string[] = [],
  ): Promise<Spec> {
    const { reference, threads, engine, device } = this.#opened
    const tokenizer = await this.tokenizer()
    const prompts = request.prompts.map(({ ids, text }) => ({ ids: [...ids], ...(text === undefined ? {} : { text }) }))
    return specOf(
      { edits: [], seed: 0, model: reference, threads, device, ...request, prompts },
      {
        modelHash: engine.weights.hash,
        tokenizerHash: tokenizer.hash,
        files,
        dropped: [...dropped],
        backend: engine.backend.name,
        dtype: 'f32',
        version,
      },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]()
    await this.engine.backend[Symbol.asyncDispose]()
  }
}

const isPrompt = (p: Prompt | readonly Prompt[]): p is Prompt =>
  typeof p === 'string' || p.length === 0 || typeof p[0] === 'number' || (typeof p[0] === 'object' && 'role' in p[0])
const listed = (p: Prompt | readonly Prompt[]): readonly Prompt[] => (isPrompt(p) ? [p] : p)

const gain = (p: SequenceRun): { inContextGain?: number } => {
  const value = inContextGain(p.tokenLoss)
  return value === undefined ? {} : { inContextGain: value }
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

const ends = ({ low, high }: { low?: Float64Array; high?: Float64Array }) => (low && high ? { low, high } : {})

function headGrid(
  layers: number,
  heads: number,
  metric: string,
  cells: { values: Float64Array; low?: Float64Array; high?: Float64Array; n: number; higherIsBetter?: boolean },
  spec: Spec,
): Grid {
  return gridOf({ axes: [{ name: 'layer' }, { name: 'head' }], shape: [layers, heads], metric, ...cells, spec })
}

/** Opens a model: `specimen`, a folder, a `.gguf` or `.safetensors` file. */
export const load = async (reference: string, o: LoadOptions = {}): Promise<Headwise> =>
  new Headwise(await open(reference, o))
