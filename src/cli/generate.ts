import { listOfPrompts } from '../library/prompts.ts'
import { toJson } from '../results/json.ts'
import { checkOut } from '../results/write.ts'
import { printable } from '../words/error.ts'
import type { Context, Define } from './context.ts'
import { readEdits, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import {
  decimal,
  gather,
  type ModelOptions,
  type OutputOptions,
  wholeNumber,
  withEdits,
  withModelOptions,
  withOutputOptions,
  withSeed,
  withTokens,
} from './options.ts'
import { type PromptOptions, promptOf } from './prompt.ts'
import { save } from './save.ts'
import { count } from './terminal/units.ts'

interface Options extends ModelOptions, OutputOptions, PromptOptions {
  readonly maxTokens: number
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly ignoreEos?: boolean
  readonly edit?: string
}

const HELP = `
The text is printed as it comes. Temperature 0 (the default) takes the most
likely token; anything above draws with --seed, among the tokens that --top-k
and, of these, --top-p leave.

  headwise generate specimen "Once upon a time" --max-tokens 40`

const NOT_DRAWN = 'At temperature 0 the most likely token is taken; --top-k and --top-p need --temperature above 0.'

export const generate: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the prompt; - or nothing reads standard input')
    .option('--max-tokens <n>', 'new tokens at most', wholeNumber('--max-tokens', { from: 1, to: 1_000_000 }), 64)
    .option('--temperature <t>', 'divides the logits before drawing (default 0)', decimal('--temperature', { from: 0 }))
    .option('--top-k <k>', 'draw among the k most likely tokens', wholeNumber('--top-k', { from: 1 }))
    .option(
      '--top-p <p>',
      'draw among the most likely tokens that hold this probability',
      decimal('--top-p', { from: 0, to: 1, above: true }),
    )
    .option('--stop <text>', 'end before this text; may be given several times', gather)
    .option('--ignore-eos', "go on after the model's end tokens")
    .option('--chat', "TEXT is a user's message: apply the model's chat template")
  return withModelOptions(withOutputOptions(withEdits(withTokens(withSeed(base))), '.json'))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  if (o.out !== undefined) await checkOut(o.out, { force: o.force ?? false, kinds: ['.json'] })
  if (o.stop?.includes('')) throw wrongInput('--stop is empty; give the text to stop before.', '--stop', '', 'a text')
  const given = await promptOf(text, o, context)
  const prompts = listOfPrompts(given.prompt)
  if (prompts.length > 1)
    throw wrongInput('generate continues one prompt; give one list of ids.', '--tokens', prompts.length, 'one prompt')
  const { edits, folder } = o.edit === undefined ? { edits: [], folder: '.' } : await readEdits(o.edit)
  await using m = await openModel(model, o, context)
  given.check(m.config.vocab)
  const { maxTokens, temperature, topK, topP, stop, seed, ignoreEos } = o
  const document = await m.generation(prompts[0]!, {
    maxTokens,
    edits,
    folder,
    signal: context.signal,
    ...(temperature !== undefined && { temperature }),
    ...(topK !== undefined && { topK }),
    ...(topP !== undefined && { topP }),
    ...(stop && { stop }),
    ...(seed !== undefined && { seed }),
    ...(ignoreEos && { ignoreEnd: true }),
    ...(!o.json && { onToken: (piece: string) => context.print(shown(piece)) }),
  })
  await save(document, o, context)
  if (!temperature && (topK !== undefined || topP !== undefined)) context.note(NOT_DRAWN)
  if (o.json) return context.print(toJson(document))
  context.print('\n')
  const speed = document.tokensPerSecond === null ? '' : `, ${document.tokensPerSecond.toFixed(1)} tokens per second`
  context.note(`${count(document.tokens.length, 'token')} in all${speed}`)
}

/** Line breaks and tabs are the text's own; everything else that a terminal would obey is escaped. */
const shown = (text: string): string => text.replace(/[^\n\t]+/g, piece => printable(piece, Number.POSITIVE_INFINITY))
