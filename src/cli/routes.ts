import { toJson } from '../results/json.ts'
import { checkOut, RESULT_SUFFIXES, writeWhole } from '../results/write.ts'
import type { Routes } from '../words/routes.ts'
import type { Context, Define } from './context.ts'
import { openModel } from './model.ts'
import { onePrompt } from './one-prompt.ts'
import {
  decimal,
  type ModelOptions,
  type OutputOptions,
  wholeNumber,
  withEdits,
  withModelOptions,
  withOutputOptions,
  withTokens,
} from './options.ts'
import { save } from './save.ts'
import { bold, type Style } from './terminal/style.ts'
import { table } from './terminal/table.ts'
import { quoted, wrap } from './terminal/text.ts'
import { count, number } from './terminal/units.ts'

interface Options extends ModelOptions, OutputOptions {
  readonly position?: number
  readonly threshold?: number
  readonly tokens?: string
  readonly edit?: string
}

const KINDS = [...RESULT_SUFFIXES.routes, '.svg', '.png']
const HELP = `
What the last residual is made of, from the top downwards: an edge for each
part of a representation whose share reaches the threshold.

  headwise routes specimen "Ben lost the shiny" --out routes.svg`

export const routes: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the prompt; - or nothing reads standard input')
    .option('--position <p>', 'where, from 0 (default the last token)', wholeNumber('--position', { from: 0 }))
    .option(
      '--threshold <share>',
      'least share that is told of (default 0.04)',
      decimal('--threshold', { from: 0, to: 1, above: true }),
    )
  return withModelOptions(withOutputOptions(withEdits(withTokens(base)), KINDS.join(', ')))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  const suffix = o.out === undefined ? '' : await checkOut(o.out, { force: o.force ?? false, kinds: KINDS })
  const { prompt, check, ...edited } = await onePrompt('routes', text, o, context)
  await using m = await openModel(model, o, context)
  check(m.config.vocab)
  const document = await m.routes(prompt, {
    ...{ ...edited, signal: context.signal, onProgress: context.progress },
    ...(o.position !== undefined && { position: o.position }),
    ...(o.threshold !== undefined && { threshold: o.threshold }),
  })
  if (suffix === '.svg' || suffix === '.png') {
    const { routesSvg } = await import('../figures/routes.ts')
    const svg = routesSvg(document, 'light')
    const figure = suffix === '.svg' ? svg : await (await import('../figures/png.ts')).png(svg)
    writeWhole(o.out!, figure, { force: o.force ?? false })
    context.note(`Written: ${o.out}`)
  } else await save(document, o, context)
  context.print(o.json ? toJson(document) : view(document, context.style))
}

/** Edges that are printed; the rest is in the files. */
const MOST = 24

function view({ position, tokens, threshold, nodes, edges, notDrawn }: Routes, style: Style): string {
  const at = (p: number) => `${p} ${quoted(tokens[p] ?? '')}`
  const parts = edges.filter(e => e.part !== 'residual').sort((a, b) => b.contribution - a.contribution)
  const rows = parts
    .slice(0, MOST)
    .map(({ part, head, from, to, contribution }) => [
      part === 'head' ? `head ${to.layer}.${head}` : `feed-forward ${to.layer}`,
      at(from.position),
      at(to.position),
      number(contribution),
    ])
  const rest = parts.length > MOST ? ` ${count(parts.length - MOST, 'more edge')} with smaller shares.` : ''
  const told = `${count(nodes.length, 'node')} are reached by shares of ${threshold} or more; ${number(notDrawn)} of what enters them is in no edge.${rest}`
  return `${[
    `${bold(style, 'routes')} to position ${at(position)}`,
    table([{ title: 'part' }, { title: 'from' }, { title: 'to' }, { title: 'share', right: true }], rows, style, '  '),
    wrap(told, style.columns, '  '),
  ].join('\n\n')}\n`
}
