import type { Places } from '../causal/places.ts'
import type { Headwise } from '../library/headwise.ts'
import type { KnockoutResult } from '../library/knockout.ts'
import type { Context, Define } from './context.ts'
import { curveView } from './curve-view.ts'
import { headShape, mapsView, summary } from './grid-view.ts'
import { openModel } from './model.ts'
import { oneOf, wholeNumber, withTokens } from './options.ts'
import { blindText, places, placesText } from './places.ts'
import { cutOf, modelOptionsOf } from './run-options.ts'
import { givenSubject, type SubjectArguments, withTask } from './subject.ts'
import { carryOut, checkSweepOptions, type SweepOptions, withSweepOptions } from './sweep.ts'
import { wrap } from './terminal/text.ts'

interface Options extends SweepOptions, SubjectArguments {
  readonly queries: Places
  readonly keys: Places
  readonly window: number
  readonly by: 'layer' | 'head'
}

const HELP = `
Positions: all, first, last, different (where the texts of a pair differ),
indices as in 3,5-7, or text: and a piece of the text. A text is measured by
the change of what comes next (kl, nats), a task by its own metric.

  headwise knockout specimen "Lily has a red ball. Lily has a" --keys 4-6
  headwise knockout specimen "Lily has a red ball. Lily has a" \\
    --keys "text: red" --window 3`

export const knockout: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] --keys POSITIONS [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the text; - or nothing reads standard input')
    .requiredOption('--keys <positions>', 'what can no longer be attended to', places('--keys'))
    .option('--queries <positions>', 'the positions that can no longer attend to it', places('--queries'), 'last')
    .option(
      '--window <k>',
      'layers cut at a time, around each layer',
      wholeNumber('--window', { from: 1, to: 1024 }),
      1,
    )
    .option(
      '--by <what>',
      'every head of a layer at once, or one head at a time',
      oneOf('--by', ['layer', 'head']),
      'layer',
    )
  return withSweepOptions(withTokens(withTask(base)))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  await checkSweepOptions(o)
  const subject = await givenSubject(text, o, context)
  const { queries, keys, window, by } = o
  await using m = await openModel(model, modelOptionsOf(o), context)
  const sweep = await m.planKnockout({ ...(await subject(m)), queries, keys, window, by }, cutOf(o))
  await carryOut(sweep, o, context, result => view(m, o, result, context))
}

function view(m: Headwise, o: Options, { document: grid, blind }: KnockoutResult, { style, note }: Context): string {
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
