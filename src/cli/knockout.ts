import type { Places } from '../causal/places.ts'
import type { Headwise } from '../library/headwise.ts'
import type { KnockoutResult } from '../library/knockout.ts'
import type { Context, Define } from './context.ts'
import { curveView, measured } from './curve-view.ts'
import { headShape, mapsView, summary } from './grid-view.ts'
import { exclusive, readEdits, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import { oneOf, wholeNumber, withTokens } from './options.ts'
import { blindText, places, placesText } from './places.ts'
import { cutOf, modelOptionsOf } from './run-options.ts'
import { givenSubject, type SubjectArguments, withTask } from './subject.ts'
import { carryOut, checkSweepOptions, type SweepOptions, withSweepOptions } from './sweep.ts'
import { wrap } from './terminal/text.ts'

interface Options extends SweepOptions, SubjectArguments {
  readonly queries?: Places
  readonly keys?: Places
  readonly window?: number
  readonly by: 'layer' | 'head' | 'key'
  readonly edit?: string
}

const HELP = `
Positions: all, first, last, different (where the texts of a pair differ),
indices as in 3,5-7, or text: and a piece of the text. A text is measured by
the change of what comes next (kl, nats), a task by its own metric. By key each
token is cut off from all queries after it, in all heads of all layers; a text
is then measured by the log-probability of the likeliest next token (nats).

  headwise knockout specimen "Lily has a red ball. Lily has a" \\
    --keys "text: red" --window 3
  headwise knockout specimen "Lily has a red ball. Lily has a" --by key`

export const knockout: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] --keys POSITIONS | --by key [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the text; - or nothing reads standard input')
    .option('--keys <positions>', 'what can no longer be attended to', places('--keys'))
    .option('--queries <positions>', 'what can no longer attend to it (default "last")', places('--queries'))
    .option(
      '--window <k>',
      'layers cut at a time, around each layer (default 1)',
      wholeNumber('--window', { from: 1, to: 1024 }),
    )
    .option('--by <what>', 'layer (all its heads), head, or key', oneOf('--by', ['layer', 'head', 'key']), 'layer')
    .option('--edit <file>', 'by key: edits in force on both sides, a JSON list')
  return withSweepOptions(withTokens(withTask(base)))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

/** Refuses options that have no meaning for what is cut at a time. */
function checkBy({ by, queries, keys, window, edit }: Options): void {
  if (by !== 'key') {
    exclusive({ [`--by ${by}`]: edit && by, '--edit': edit })
    if (keys === undefined)
      throw wrongInput('Nothing is cut: give --keys POSITIONS, or --by key.', '--keys', 'nothing', 'positions')
    return
  }
  for (const [option, value] of Object.entries({ '--keys': keys, '--queries': queries, '--window': window }))
    exclusive({ '--by key': by, [option]: value })
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  checkBy(o)
  await checkSweepOptions(o)
  const subject = await givenSubject(text, o, context)
  const { by, queries = 'last', keys = 'all', window = 1 } = o
  const edits = o.edit === undefined ? [] : (await readEdits(o.edit)).edits
  await using m = await openModel(model, modelOptionsOf(o), context)
  const given = await subject(m)
  const options = by === 'key' ? { ...given, by, edits } : { ...given, queries, keys, window, by }
  const sweep = await m.planKnockout(options, cutOf(o))
  await carryOut(sweep, o, context, result =>
    by === 'key' ? tokensView(result, context) : view(m, { by, queries, keys, window }, result, context),
  )
}

function tokensView({ document: grid, clean }: KnockoutResult, { style }: Context): string {
  const labels = grid.axes[0]!.labels!.map((token, i) => `${String(i).padStart(3)} ${JSON.stringify(token)}`)
  const curve = curveView('knockout', { ...grid, axes: [{ ...grid.axes[0]!, labels }] }, style)
  return `${curve}\n\n  nothing cut off: ${measured(grid, clean)}\n`
}

interface Cut {
  readonly by: 'layer' | 'head'
  readonly queries: Places
  readonly keys: Places
  readonly window: number
}

function view(m: Headwise, o: Cut, { document: grid, blind }: KnockoutResult, { style, note }: Context): string {
  const layers = o.window === 1 ? 'one layer at a time' : `${o.window} layers at a time, around each`
  if (blind > 0) note(blindText(blind))
  const closing = wrap(
    `queries ${placesText(o.queries)} cannot see keys ${placesText(o.keys)}; ${layers}`,
    style.columns,
    '  ',
  )
  if (o.by === 'layer') return `${curveView('knockout', grid, style)}\n\n${closing}\n`
  const named = [{ name: 'knockout', grid, signed: true }]
  return `${mapsView(named, headShape(m.config), style)}\n\n${summary(named, m.config.heads, 8, style)}\n\n${closing}\n`
}
