import type { Headwise } from '../library/headwise.ts'
import { toJson } from '../results/json.ts'
import { printable } from '../words/error.ts'
import type { Context, Define } from './context.ts'
import { headShape, mapsView, type NamedGrid, summary } from './grid-view.ts'
import { modelName, openModel } from './model.ts'
import { type ModelOptions, withModelOptions, withSeed } from './options.ts'
import { DEFAULT_DETECTORS } from './scores.ts'
import { bold } from './terminal/style.ts'
import { wrap } from './terminal/text.ts'

interface Options extends ModelOptions {
  readonly json?: boolean
  readonly seed?: number
}

/** A story whose names and things come back, so that heads which copy from the context have something to do. */
const TEXT =
  'Once there was a girl named Clara who had a red kite. Every day after school Clara took the red kite to the hill. One day the wind was strong and the kite flew away. Clara ran after the kite, but she could not catch it. Her friend Ben saw the red kite in a tree. Ben climbed the tree and gave the kite to Clara. Clara thanked Ben and they went home.'

const HELP = `
  headwise show specimen`

export const show: Define = (command, context) =>
  withModelOptions(
    withSeed(
      command
        .usage('MODEL [OPTIONS]')
        .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
        .option('--json', 'one JSON document on stdout: the four maps'),
    ),
  )
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))

async function act(model: string, o: Options, context: Context): Promise<void> {
  await using m = await openModel(model, o, context)
  const watch = { signal: context.signal, onProgress: context.progress, ...(o.seed !== undefined && { seed: o.seed }) }
  const scores = await m.scores(DEFAULT_DETECTORS, watch)
  const effect = await m.ablate({ mode: 'zero', prompts: [TEXT], ...watch })
  if (o.json) return context.print(toJson([...scores, effect]))
  context.print(
    view(
      model,
      m,
      scores.map((grid, i) => ({ name: DEFAULT_DETECTORS[i]!, grid, signed: false })),
      effect,
      context,
    ),
  )
}

function view(
  model: string,
  m: Headwise,
  scores: readonly NamedGrid[],
  effect: NamedGrid['grid'],
  { style }: Context,
): string {
  const { layers, heads, groups, dim } = m.config
  const maps = [...scores, { name: 'removed', grid: effect, signed: true }]
  const sharing = groups === heads ? '' : `, ${groups} kv groups`
  return `${[
    bold(style, `${printable(modelName(model), 80)}: ${layers} layers of ${heads} heads${sharing}, width ${dim}`),
    mapsView(maps, headShape(m.config), style),
    summary(maps, heads, 3, style),
    wrap(
      'Attention is measured on random tokens said twice, removal on a short story: plus means that the loss grows without the head.',
      style.columns,
      '  ',
    ),
    next(model, style),
  ].join('\n\n')}\n`
}

/** The name under which whoever reads this can call the command: `npm start` puts no command on the path. */
const PROGRAM = process.env.npm_lifecycle_event ? 'npx headwise' : 'headwise'

const next = (reference: string, style: Context['style']): string => {
  const model = printable(reference)
  return [
    bold(style, 'Try next'),
    `  ${PROGRAM} run ${model} "Tom and Mary went out. Tom gave a coin to"`,
    `  ${PROGRAM} ablate ${model} "your own text" --mode zero`,
    `  ${PROGRAM} scores ${model} --detector sink,entropy,delimiter`,
    `  ${PROGRAM} --help`,
  ].join('\n')
}
