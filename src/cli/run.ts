import type { Head } from '../heads/importance/head-set.ts'
import { parseCapture } from '../library/captures.ts'
import { toJson } from '../results/json.ts'
import { checkOut, FIGURE_SUFFIXES } from '../results/write.ts'
import { blindQueries } from '../runs/edits.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Context, Define } from './context.ts'
import { headList } from './heads.ts'
import { readEdits } from './input.ts'
import { openModel } from './model.ts'
import {
  list,
  type ModelOptions,
  type OutputOptions,
  oneOf,
  withEdits,
  withModelOptions,
  withOutputOptions,
  withTokens,
} from './options.ts'
import { blindText } from './places.ts'
import { type PromptOptions, promptOf } from './prompt.ts'
import { save } from './save.ts'

interface Options extends ModelOptions, OutputOptions, PromptOptions {
  readonly capture?: readonly string[]
  readonly pattern?: readonly Head[]
  readonly edit?: string
  readonly printGraph?: 'text' | 'dot'
}

const HELP = `
TEXT may come from a pipe (its last line break is left out). --out
x.safetensors holds logits [T,V] and every captured site: pattern [L,H,T,T], z
[L,T,H,D], …

  headwise run specimen "Monday Tuesday" --capture pattern,z@6 --out x.safetensors`

const NOT_FINITE =
  'The logits are not finite: a number became too large on the way, by an edit or by the weights; nothing can be read from them.'

export const run: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the prompt; - or nothing reads standard input')
    .option('--chat', "TEXT is a user's message: apply the model's chat template")
    .option('--capture <sites>', 'sites to write, between commas: pattern,z (all layers), z@6 (one)', list('--capture'))
    .option('--pattern <heads>', 'draw what these attend to, as in 6.5,6.1: --out FILE.svg', headList('--pattern'))
  return withModelOptions(withOutputOptions(withEdits(withTokens(base)), '.json, .csv or .safetensors'))
    .option(
      '--print-graph [form]',
      'print what would be computed, as text or =dot, and stop',
      oneOf('--print-graph', ['text', 'dot']),
    )
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

const KINDS = ['.json', '.csv', '.safetensors']

const usage = (message: string, where: string, allowed = '--out FILE.safetensors'): HeadwiseError =>
  new HeadwiseError(message, { code: 'usage', fault: 'usage', where, found: where, allowed })

/** Captures are arrays: they go into a .safetensors file or nowhere. */
async function checkOutput({ capture = [], pattern, out, force, printGraph }: Options): Promise<string | undefined> {
  // Sites are judged before the model is opened, layers when their number is known.
  for (const name of capture) parseCapture(name.split('@')[0]!, 0)
  const suffix =
    out === undefined
      ? undefined
      : await checkOut(out, { force: force ?? false, kinds: pattern ? FIGURE_SUFFIXES : KINDS })
  if (pattern && out === undefined)
    throw usage('--pattern needs --out, the file that takes the figure.', '--pattern', '--out FILE.svg')
  if (capture.length > 0 && suffix !== '.safetensors' && !printGraph)
    throw usage('--capture needs --out FILE.safetensors, the file that takes the arrays.', '--capture')
  return suffix
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  const suffix = await checkOutput(o)
  const given = await promptOf(text, o, context)
  const { edits, folder } = o.edit === undefined ? { edits: [], folder: '.' } : await readEdits(o.edit)
  // Not disposed: the process ends with the command, and giving the mapped weights back first only delays that.
  const m = await openModel(model, o, context)
  given.check(m.config.vocab)
  const { signal } = context
  if (o.printGraph) {
    const { printedGraph } = await import('./printed-graph.ts')
    context.print(await printedGraph(m, given.prompt, { capture: o.capture ?? [], edits, folder, form: o.printGraph }))
    return
  }
  if (o.pattern) {
    const grids = await m.patterns(given.prompt, {
      heads: o.pattern,
      edits,
      folder,
      signal,
      onProgress: context.progress,
    })
    await save(grids, o, context, { max: 1 })
    return
  }
  const options = { edits, folder, signal, onProgress: context.progress, attended: !o.json }
  const { document } =
    suffix === '.safetensors'
      ? await (await import('../library/capture-file.ts')).runIntoFile(m, given.prompt, {
          ...options,
          capture: o.capture ?? [],
          out: o.out!,
        })
      : await m.run(given.prompt, options)
  const passes = 'runs' in document ? document.runs : [document]
  const blind = passes.reduce((n, { tokens }, i) => n + blindQueries(document.spec.request.edits, tokens, i), 0)
  if (blind > 0) context.note(blindText(blind))
  if (passes.some(({ top }) => !top.every(t => Number.isFinite(t.logprob)))) context.note(NOT_FINITE)
  // Written before anything is printed: a command that fails prints no result.
  if (suffix !== '.safetensors') await save(document, o, context)
  if (o.json) context.print(toJson(document))
  else {
    const { runView } = await import('./run-view.ts')
    context.print(runView(document, await m.tokenizer(), context.style))
  }
  if (suffix === '.safetensors') context.note(`Written: ${o.out}`)
}
