import type { Head } from '../heads/importance/head-set.ts'
import { toJson } from '../results/json.ts'
import { checkOut, RESULT_SUFFIXES } from '../results/write.ts'
import type { Component } from '../words/component.ts'
import type { Context, Define } from './context.ts'
import { headList } from './heads.ts'
import { exclusive, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import { onePrompt } from './one-prompt.ts'
import {
  type ModelOptions,
  type OutputOptions,
  wholeNumber,
  withEdits,
  withModelOptions,
  withOutputOptions,
  withTokens,
} from './options.ts'
import { save } from './save.ts'

interface Parts {
  readonly head?: readonly Head[]
  readonly mlp?: number
  readonly neuron?: readonly Head[]
  readonly resid?: number
  readonly mid?: number
  readonly embed?: boolean
}
interface Options extends ModelOptions, OutputOptions, Parts {
  readonly position?: number
  readonly top: number
  readonly tokens?: string
  readonly edit?: string
}

const HELP = `
Heads, a block and a neuron: the tokens whose logits they raise and lower most
themselves. A residual: what it predicts as if no layer came after it, and
what the block before it changed.

  headwise writes specimen "Ben lost the shiny" --mlp 5`

export const writes: Define = (command, context) => {
  const layer = (option: string) => wholeNumber(option, { from: 0 })
  const base = command
    .usage('MODEL [TEXT] --head L.H | --mlp L | … [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the prompt; - or nothing reads standard input')
    .option('--head <heads>', 'heads together, as in 6.5,6.1', headList('--head'))
    .option('--mlp <layer>', 'the feed-forward block of a layer, and its neurons', layer('--mlp'))
    .option('--neuron <neuron>', 'one neuron of a feed-forward block, as in 6.123', headList('--neuron'))
    .option('--resid <layer>', 'the residual after a layer', layer('--resid'))
    .option('--mid <layer>', 'the residual after the attention of a layer', layer('--mid'))
    .option('--embed', 'the embedding')
    .option('--position <p>', 'where, from 0 (default the last token)', wholeNumber('--position', { from: 0 }))
    .option('--top <n>', 'tokens of either side', wholeNumber('--top', { from: 1, to: 1000 }), 10)
  return withModelOptions(withOutputOptions(withEdits(withTokens(base)), RESULT_SUFFIXES.writes.join(' or ')))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

/** The one part that the options name. */
function componentOf({ head, mlp, neuron, resid, mid, embed }: Parts): Component {
  exclusive({ '--head': head, '--mlp': mlp, '--neuron': neuron, '--resid': resid, '--mid': mid, '--embed': embed })
  if (head?.[0]) return { heads: [head[0], ...head.slice(1)] }
  if (mlp !== undefined) return { mlp }
  if (resid !== undefined) return { residual: 'resid_post', layer: resid }
  if (mid !== undefined) return { residual: 'resid_mid', layer: mid }
  if (embed) return { residual: 'resid_pre', layer: 0 }
  const [one, second] = neuron ?? []
  if (second) throw wrongInput('--neuron names one neuron, as in 6.123.', '--neuron', neuron?.length, 'one neuron')
  if (one) return { neuron: { layer: one.layer, neuron: one.head } }
  throw wrongInput(
    'There is no part to read: give --head, --mlp, --neuron, --resid, --mid or --embed.',
    '--head',
    'nothing',
    'one of these options',
  )
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  const of = componentOf(o)
  if (o.out !== undefined) await checkOut(o.out, { force: o.force ?? false, kinds: RESULT_SUFFIXES.writes })
  const { prompt, check, ...edited } = await onePrompt('writes', text, o, context)
  await using m = await openModel(model, o, context)
  check(m.config.vocab)
  const document = await m.writes(prompt, {
    ...{ of, top: o.top, ...edited, signal: context.signal, onProgress: context.progress },
    ...(o.position !== undefined && { position: o.position }),
  })
  await save(document, o, context)
  if (o.json) context.print(toJson(document))
  else context.print((await import('./writes-view.ts')).writesView(document, context.style))
}
