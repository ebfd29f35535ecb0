import { detectors } from '../heads/detectors/index.ts'
import type { DecoderConfig } from '../models/config.ts'
import type { Engine } from '../runs/engine.ts'
import { type Exported, exportModel } from '../runs/export.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { EditInput } from '../words/edit.ts'
import type { Grid } from '../words/grid.ts'
import type { Generation } from '../words/run.ts'
import { type AblateOptions, type AblationPlan, planRemovals } from './ablate.ts'
import { type GenerateOptions, type GenerationStep, generateText, generationOf } from './generate.ts'
import type { Opened } from './open.ts'
import type { Prompt } from './prompts.ts'
import { type RunOptions, type RunResult, runPrompts } from './run.ts'
import { type ScoreOptions, scoreGrids } from './scores.ts'
import { editContext, editList } from './spec.ts'

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

  /** Plans the removal of every head, one at a time; nothing edited has run yet. */
  async planAblation(o: AblateOptions): Promise<AblationPlan> {
    return await planRemovals(this.#opened, o)
  }

  /** Removes every head, one at a time: metric edited − metric clean, [layer, head]. */
  async ablate(o: AblateOptions): Promise<Grid> {
    return (await (await this.planAblation(o)).execute(o)).grid
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
