import { Option } from 'commander'
import { findDetector } from '../heads/detectors/index.ts'
import { gridValues } from '../results/grid.ts'
import { toJson } from '../results/json.ts'
import { checkOut } from '../results/write.ts'
import type { Grid } from '../words/grid.ts'
import type { Context, Define } from './context.ts'
import { headShape, mapsView, type NamedGrid, summary } from './grid-view.ts'
import { checkVocabulary, promptsOf, readTokens } from './input.ts'
import { openModel } from './model.ts'
import {
  list,
  type ModelOptions,
  type OutputOptions,
  withModelOptions,
  withOutputOptions,
  withSeed,
  withTokens,
} from './options.ts'
import { GRID_KINDS, save } from './save.ts'
import { count } from './terminal/units.ts'

interface Options extends ModelOptions, OutputOptions {
  readonly detector: readonly string[]
  readonly tokens?: string
  readonly seed?: number
  readonly null?: boolean
}

export const DEFAULT_DETECTORS = ['induction', 'previous', 'duplicate'] as const
const TOP = 6

const HELP = `
Detectors: induction, previous, duplicate, sink, entropy, delimiter, offset-N.
Without --tokens: 4 sequences of 50 random tokens said twice, drawn with
--seed.

  headwise scores specimen --detector induction,sink`

export const scores: Define = (command, context) => {
  const base = command
    .usage('MODEL [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .addOption(
      new Option('--detector <names>', 'what to look for, between commas')
        .argParser(list('--detector'))
        .default([...DEFAULT_DETECTORS], DEFAULT_DETECTORS.join()),
    )
    .option('--null', 'also p and q against attention to random keys')
  return withModelOptions(withOutputOptions(withTokens(withSeed(base)), GRID_KINDS.join(' ')))
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))
}

async function act(model: string, o: Options, context: Context): Promise<void> {
  for (const id of o.detector) findDetector(id)
  if (o.out !== undefined) await checkOut(o.out, { force: o.force ?? false, kinds: GRID_KINDS })
  const tokens = o.tokens === undefined ? undefined : readTokens(o.tokens)
  await using m = await openModel(model, o, context)
  if (tokens !== undefined) checkVocabulary(tokens, m.config.vocab, o.tokens!)
  const grids = await m.scores(o.detector, {
    ...(tokens && { prompts: promptsOf(tokens) }),
    ...(o.seed !== undefined && { seed: o.seed }),
    ...(o.null && { null: true }),
    signal: context.signal,
    onProgress: context.progress,
  })
  const result = grids.length === 1 ? grids[0]! : grids
  await save(result, o, context, { perGroup: m.config.heads / m.config.groups })
  if (o.json) return context.print(toJson(result))
  const named = grids.map((grid, i): NamedGrid => ({ name: o.detector[i]!, grid, signed: false }))
  const maps = mapsView(named, headShape(m.config), context.style)
  const heads = summary(named, m.config.heads, TOP, context.style)
  const tested = grids.flatMap((grid, i) => (grid.q ? [beyondNull(o.detector[i]!, grid)] : []))
  context.print(`${[maps, heads, ...tested].join('\n\n')}\n`)
}

const DISCOVERED = 0.05

/** How many heads attend to the detector's keys more than to random ones. */
function beyondNull(name: string, grid: Grid): string {
  const { data } = gridValues({ ...grid, values: grid.q! })
  const beyond = data.filter(q => q < DISCOVERED).length
  return `  ${name}: ${beyond} of ${count(data.length, 'head')} attend there more than to random keys (q < ${DISCOVERED})`
}
