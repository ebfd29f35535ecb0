import { detectors } from '../heads/detectors/index.ts'
import type { DecoderConfig } from '../models/config.ts'
import type { Engine } from '../runs/engine.ts'
import { type Exported, exportModel } from '../runs/export.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { EditInput } from '../words/edit.ts'
import type { Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Routes } from '../words/routes.ts'
import type { Generation } from '../words/run.ts'
import type { Spec } from '../words/spec.ts'
import type { TaskResult } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'
import type { AblateOptions, AblationResult } from './ablate.ts'
import type { ControlOptions, ControlResult } from './control.ts'
import { type GenerateOptions, type GenerationStep, generateText, generationOf } from './generate.ts'
import type { KnockoutOptions, KnockoutResult } from './knockout.ts'
import type { Opened } from './open.ts'
import type { PatchOptions, PatchResult } from './patch.ts'
import type { PatternOptions } from './patterns.ts'
import type { HeadProfile, ProfileOptions } from './profile.ts'
import type { EncodedPrompt, Prompt } from './prompts.ts'
import type { RoutesOptions } from './routes.ts'
import { type RunOptions, type RunResult, runPrompts, runSpec } from './run.ts'
import type { ScaleOptions, ScaleResult } from './scaling.ts'
import { type ScoreOptions, scoreGrids } from './scores.ts'
import type { SelfRepairOptions, SelfRepairResult } from './self-repair.ts'
import { editContext, editList } from './spec.ts'
import type { Sweep, SweepCut, SweepRequest } from './sweep.ts'
import type { ParsedText, SyntaxOptions } from './syntax.ts'
import type { TasksOptions } from './tasks.ts'
import type { TokenKnockoutOptions } from './token-knockout.ts'
import type { WritesOptions } from './writes.ts'

/** A loaded model. `await using m = await load('specimen')`. */
export class Headwise implements AsyncDisposable {
  readonly #opened: Opened
  constructor(opened: Opened) {
    this.#opened = opened
  }

  get config(): DecoderConfig {
    return this.engine.config
  }
  get engine(): Engine {
    return this.#opened.engine
  }
  tokenizer(): Promise<Tokenizer> {
    return this.#opened.tokenizer()
  }
  get detectors(): readonly string[] {
    return detectors.map(d => d.id)
  }

  /** One pass for each prompt, with captures and edits. */
  async run(prompts: Prompt | readonly Prompt[], o: RunOptions = {}): Promise<RunResult> {
    return await runPrompts(this.#opened, prompts, o)
  }

  /** The spec that `run` gives, without running: for what is computed piece by piece. */
  async specOfRun(prompt: EncodedPrompt, o: Pick<RunOptions, 'capture' | 'edits'> = {}): Promise<Spec> {
    return await runSpec(this.#opened, [prompt], { ...o, edits: await editList(o.edits) })
  }

  /** What heads attend to in each prompt: a grid [query, key] for each of them. */
  async patterns(prompts: Prompt | readonly Prompt[], o: PatternOptions): Promise<Grid[]> {
    const { patternGrids } = await import('./patterns.ts')
    return await patternGrids(this.#opened, prompts, o)
  }

  /** What heads, a feed-forward block, a neuron or a residual hold at one position, read through the unembedding. */
  async writes(prompt: Prompt, o: WritesOptions): Promise<Writes> {
    return await (await import('./writes.ts')).writesResult(this.#opened, prompt, o)
  }

  /** From one position down through the layers: the parts whose contribution reaches a threshold. */
  async routes(prompt: Prompt, o: RoutesOptions = {}): Promise<Routes> {
    return await (await import('./routes.ts')).routesResult(this.#opened, prompt, o)
  }

  /** What heads' patterns come to on each prompt: distance, entropy, and who attends to whom most. */
  async profile(prompts: Prompt | readonly Prompt[], o: ProfileOptions): Promise<HeadProfile[]> {
    const { headProfiles } = await import('./profile.ts')
    return await headProfiles(this.#opened, prompts, o)
  }

  /** Continues a text; yields every token as it comes. */
  generate(prompt: Prompt, o: GenerateOptions): AsyncGenerator<GenerationStep> {
    return generateText(this.#opened, prompt, o)
  }

  /** Continues a text to its end and reports it; `onToken` sees the text as it comes. */
  async generation(prompt: Prompt, o: GenerateOptions & { onToken?: (text: string) => void }): Promise<Generation> {
    return await generationOf(this.#opened, prompt, o)
  }

  /** One grid [layer, head] for each detector, in the order asked for: the mean over prompts with its 95% interval. */
  async scores(ids: readonly string[], o: ScoreOptions = {}): Promise<Grid[]> {
    return await scoreGrids(this.#opened, ids, o)
  }

  /**
   * How far heads follow dependency parses: grids of share, accuracy and excess [layer, head] over all edges, and of the
   * best heads of frequent relations [relation, method].
   */
  async syntax(texts: ParsedText | readonly ParsedText[], o: SyntaxOptions = {}): Promise<Grid[]> {
    const { syntaxGrids } = await import('./syntax.ts')
    return await syntaxGrids(this.#opened, 'text' in texts ? [texts] : texts, o)
  }

  /** Plans the removal of every head, one at a time; nothing edited has run yet. */
  async planAblation(o: AblateOptions, cut?: SweepCut): Promise<Sweep<AblationResult>> {
    const { ablateRequest, planAblation } = await import('./ablate.ts')
    return await planAblation(this.#opened, await ablateRequest(this.#opened, o), cut)
  }
  /** Removes every head, one at a time: metric edited − metric clean, [layer, head]. */
  async ablate(o: AblateOptions & Watch): Promise<Grid> {
    return (await (await this.planAblation(o)).execute(o)).document
  }

  /** Plans the removal of a set of heads together, beside random sets of equal size and layers. */
  async planControl(o: ControlOptions, cut?: SweepCut): Promise<Sweep<ControlResult>> {
    const { controlRequest, planControl } = await import('./control.ts')
    return await planControl(this.#opened, await controlRequest(this.#opened, o), cut)
  }
  /** Removes a set of heads together: its effect, and where that stands among random sets of equal size and layers. */
  async control(o: ControlOptions & Watch): Promise<ControlResult> {
    return await (await this.planControl(o)).execute(o)
  }

  /** Plans activation patching over a task of pairs. */
  async planPatching(o: PatchOptions, cut?: SweepCut): Promise<Sweep<PatchResult>> {
    const { patchRequest, planPatching } = await import('./patch.ts')
    return await planPatching(this.#opened, await patchRequest(this.#opened, o), cut)
  }
  /** Activation patching over a task of pairs: recovery, 0 as the corrupt runs and 1 as the clean ones. */
  async patch(o: PatchOptions & Watch): Promise<Grid> {
    return (await (await this.planPatching(o)).execute(o)).document
  }

  /** Plans an attention knockout. */
  async planKnockout(o: KnockoutOptions | TokenKnockoutOptions, cut?: SweepCut): Promise<Sweep<KnockoutResult>> {
    if (o.by === 'key') {
      const { planTokenKnockout, tokenKnockoutRequest } = await import('./token-knockout.ts')
      return await planTokenKnockout(this.#opened, await tokenKnockoutRequest(this.#opened, o), cut)
    }
    const { knockoutRequest, planKnockout } = await import('./knockout.ts')
    return await planKnockout(this.#opened, await knockoutRequest(this.#opened, o), cut)
  }
  /** Cuts attention from queries to keys, in windows of layers, head by head or key by key: metric cut − metric clean. */
  async knockout(o: (KnockoutOptions | TokenKnockoutOptions) & Watch): Promise<Grid> {
    return (await (await this.planKnockout(o)).execute(o)).document
  }

  /** Plans a scaling curve. */
  async planScaling(o: ScaleOptions, cut?: SweepCut): Promise<Sweep<ScaleResult>> {
    const { planScaling, scaleRequest } = await import('./scaling.ts')
    return await planScaling(this.#opened, await scaleRequest(this.#opened, o), cut)
  }
  /** Scales a set of heads by several factors: metric scaled − metric clean, [step]. */
  async scale(o: ScaleOptions & Watch): Promise<Grid> {
    return (await (await this.planScaling(o)).execute(o)).document
  }

  /** Plans the total and the direct effect of resampling each head. */
  async planSelfRepair(o: SelfRepairOptions, cut?: SweepCut): Promise<Sweep<SelfRepairResult>> {
    const { planSelfRepair, selfRepairRequest } = await import('./self-repair.ts')
    return await planSelfRepair(this.#opened, await selfRepairRequest(this.#opened, o), cut)
  }
  /** Total effect, direct effect and self-repair of every head on a task's logit difference, each [layer, head]. */
  async selfRepair(o: SelfRepairOptions & Watch): Promise<Grid[]> {
    return (await (await this.planSelfRepair(o)).execute(o)).document
  }

  /** How well the model does on tasks, each beside chance: the built-in ones, data sets, files, or tasks as given. */
  async tasks(o: TasksOptions = {}): Promise<TaskResult[]> {
    return await (await import('./tasks.ts')).measureTasks(this.#opened, o)
  }

  /** Plans any sweep again from its request. */
  async planOfSpec(request: SweepRequest, cut?: SweepCut): Promise<Sweep> {
    const { planOfSpec } = await import('./plan-of-spec.ts')
    return await planOfSpec(this.#opened, request, cut)
  }

  /** The model with its edits as ONNX of standard operators; `data` names the file beside it for large weights. */
  async export(
    edits: readonly EditInput[],
    o: { positions?: number; data: string; folder?: string },
  ): Promise<Exported> {
    const context = editContext(this.#opened, o.folder ?? '.', [])
    return await exportModel(this.engine, await editList(edits), o.positions ?? this.config.context, o.data, context)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]()
    await this.engine.backend[Symbol.asyncDispose]()
  }
}
