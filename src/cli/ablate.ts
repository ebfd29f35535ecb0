import type { AblateOptions, AblationResult } from '../library/ablate.ts'
import type { Headwise } from '../library/headwise.ts'
import { rowsOf } from '../library/sweep.ts'
import { toJson } from '../results/json.ts'
import { checkOut } from '../results/write.ts'
import type { Context, Define } from './context.ts'
import { headShape, mapsView, summary } from './grid-view.ts'
import { exclusive, promptsOf, readTask, readTokens, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import {
  type ModelOptions,
  type OutputOptions,
  oneOf,
  withModelOptions,
  withOutputOptions,
  withSeed,
  withTokens,
} from './options.ts'
import { listOfPrompts, promptOf } from './prompt.ts'
import { save } from './save.ts'
import { count } from './terminal/units.ts'

interface Options extends ModelOptions, OutputOptions {
  readonly mode: 'zero' | 'mean' | 'resample'
  readonly reference?: string
  readonly tokens?: string
  readonly task?: string
  readonly seed?: number
  readonly explain?: boolean
}

const HELP = `
What stands in for a removed head: zeros, or its mean vector, taken over the
same text (--reference self) or over the prompts of a JSON file of token ids.
--verify also recomputes every run whole, alone, and compares.

  headwise ablate specimen "Tom saw a cat. The cat saw Tom." --mode mean`

export const ablate: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the text whose loss is measured; - or nothing reads standard input')
    .option('--mode <name>', 'what stands in: zero or mean', oneOf('--mode', ['zero', 'mean', 'resample']), 'zero')
    .option('--reference <self|file>', 'for --mode mean: the same text, or a file like --tokens')
    .option('--task <file>', 'measure on the prompts of a task file instead of a text')
    .option('--explain', 'print what it will cost, and stop')
  return withModelOptions(withOutputOptions(withTokens(withSeed(base)), '.json or .csv'))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

function checkOptions(text: string | undefined, { mode, reference, task, tokens, explain, out }: Options): void {
  if (mode === 'resample')
    throw wrongInput(
      '--mode resample draws from other prompts of a task of two or more, and comes with sweeps; use zero or mean.',
      '--mode',
      mode,
      ['zero', 'mean'],
    )
  exclusive({ TEXT: text, '--task': task })
  exclusive({ '--tokens': tokens, '--task': task })
  if (explain) exclusive({ '--explain': explain, '--out': out })
  if (reference !== undefined && mode !== 'mean')
    throw wrongInput('--reference belongs to --mode mean.', '--reference', reference, '--mode mean')
}

interface Given {
  readonly ablation: AblateOptions
  check(vocab: number): void
}

/** What is removed and what it is measured on, before any model is opened. */
async function givenBy(text: string | undefined, o: Options, context: Context): Promise<Given> {
  const mode = o.mode === 'mean' ? 'mean' : 'zero'
  const { reference: from, seed } = o
  const reference = from === undefined || from === 'self' ? undefined : promptsOf(readTokens(from))
  const common = { mode, ...(reference && { reference }), ...(seed !== undefined && { seed }) } as const
  if (o.task !== undefined) {
    const task = await readTask(o.task)
    return { ablation: { ...common, task }, check: () => undefined }
  }
  const { prompt, check } = await promptOf(text, { ...(o.tokens !== undefined && { tokens: o.tokens }) }, context)
  return { ablation: { ...common, prompts: listOfPrompts(prompt) }, check }
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  checkOptions(text, o)
  if (o.out !== undefined) await checkOut(o.out, { force: o.force ?? false, kinds: ['.json', '.csv'] })
  const { ablation, check } = await givenBy(text, o, context)
  await using m = await openModel(model, o, context)
  check(m.config.vocab)
  const planned = await m.planAblation({ ...ablation, signal: context.signal })
  if (o.explain) {
    const { explain, explainView } = await import('./explain.ts')
    const price = await explain(planned.plan)
    return context.print(o.json ? toJson(price) : explainView(price))
  }
  const rows = await rowsOf(planned.plan, { signal: context.signal, onProgress: context.progress })
  const result = await planned.finish(rows)
  if (o.verify) {
    const { certificate } = await import('./certify.ts')
    context.note(await certificate(planned.plan, rows, o.seed ?? 0, context))
  }
  for (const prompt of result.document.spec.check.dropped) context.note(`Left out: ${prompt}.`)
  await save(result.document, o, context)
  context.print(o.json ? toJson(result.document) : view(m, o.mode, result, context))
}

function view(m: Headwise, mode: string, result: AblationResult, { style }: Context): string {
  const named = [{ name: `${mode} ablation`, grid: result.document, signed: true }]
  const { layers, heads } = m.config
  const better = result.document.higherIsBetter ? 'minus: the metric falls' : 'plus: the loss grows'
  return `${[
    mapsView(named, headShape(m.config), style),
    summary(named, heads, 8, style),
    `  clean ${result.document.higherIsBetter ? 'logit difference' : 'loss'} ${result.clean.toFixed(4)}; ${better} where the head is needed\n` +
      `  ${result.harmless} of ${count(layers * heads, 'head')} can go alone with less than 1% of harm`,
  ].join('\n\n')}\n`
}
