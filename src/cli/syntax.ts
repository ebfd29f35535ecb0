import { Option } from 'commander'
import { gridValues } from '../results/grid.ts'
import { toJson } from '../results/json.ts'
import { checkOut, FIGURE_SUFFIXES } from '../results/write.ts'
import { readText } from '../tasks/readers/folder.ts'
import { readConllu } from '../text/conllu.ts'
import type { Grid } from '../words/grid.ts'
import type { Context, Define } from './context.ts'
import { cellsOf } from './curve-view.ts'
import { headShape, mapsView, type NamedGrid, summary } from './grid-view.ts'
import { openModel } from './model.ts'
import {
  list,
  type ModelOptions,
  type OutputOptions,
  wholeNumber,
  withModelOptions,
  withOutputOptions,
  withSeed,
} from './options.ts'
import { GRID_KINDS, save } from './save.ts'
import type { Style } from './terminal/style.ts'
import { table } from './terminal/table.ts'
import { wrap } from './terminal/text.ts'

interface Options extends ModelOptions, OutputOptions {
  readonly relation?: readonly string[]
  readonly n?: number
  readonly seed?: number
}

const TOP = 6

const HELP = `
FILE is parsed text in CoNLL-U, as treebanks and parsers write it. An edge joins
a word and its head, and is measured from the later of the two to the earlier.

  headwise syntax specimen story.conllu --relation nsubj,obj`

export const syntax: Define = (command, context) => {
  const base = command
    .usage('MODEL FILE [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('<file>', 'a .conllu file')
    .addOption(
      new Option('--relation <names>', 'only these, between commas; nsubj is also nsubj:pass').argParser(
        list('--relation'),
      ),
    )
    .option('--n <sentences>', 'only the first of them', wholeNumber('--n', { from: 1, to: 1e6 }))
  return withModelOptions(withOutputOptions(withSeed(base), GRID_KINDS.join(' ')))
    .addHelpText('after', HELP)
    .action((model: string, file: string, o: Options) => act(model, file, o, context))
}

async function act(model: string, file: string, o: Options, context: Context): Promise<void> {
  const suffix = o.out === undefined ? '' : await checkOut(o.out, { force: o.force ?? false, kinds: GRID_KINDS })
  const sentences = readConllu(readText(file).text, file).slice(0, o.n)
  await using m = await openModel(model, o, context)
  const grids = await m.syntax(
    sentences.map(({ text, words }) => ({ text, parse: words })),
    {
      ...(o.relation && { relations: o.relation }),
      ...(o.seed !== undefined && { seed: o.seed }),
      signal: context.signal,
      onProgress: context.progress,
    },
  )
  const [share, accuracy, , relations] = grids
  const drawn = FIGURE_SUFFIXES.some(s => s === suffix)
  await save(drawn ? [share!, accuracy!] : grids, o, context, { perGroup: m.config.heads / m.config.groups })
  if (o.json) return context.print(toJson(grids))
  const maps: NamedGrid[] = [
    { name: 'share', grid: share!, signed: false },
    { name: 'accuracy', grid: accuracy!, signed: false },
  ]
  const { style } = context
  context.print(
    `${[
      mapsView(maps, headShape(m.config), style),
      summary(maps, m.config.heads, TOP, style),
      ...(relations ? [relationsView(relations, style)] : []),
    ].join('\n\n')}\n`,
  )
}

const COLUMNS = [
  { title: 'relation: head, words back' },
  { title: 'n', right: true },
  { title: 'head', right: true },
  { title: 'offset', right: true },
  { title: 'head − offset [95%]', right: true },
]

/** Hundredths with their sign: tens of edges tell no more. */
const points = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(2)}`

/** Best heads beside best offsets, both on the sentences that did not choose them. */
function relationsView(grid: Grid, style: Style): string {
  const { data } = gridValues(grid)
  const [low, high, n] = [cellsOf(grid, 'low')!, cellsOf(grid, 'high')!, cellsOf(grid, 'n')!]
  const rows = (grid.axes[0]!.labels ?? []).map((label, i) => {
    const [head, offset, difference] = [3 * i, 3 * i + 1, 3 * i + 2]
    const interval = `[${points(low[difference]!)}, ${points(high[difference]!)}]`
    return [
      label,
      String(n[head]!),
      data[head]!.toFixed(2),
      data[offset]!.toFixed(2),
      `${points(data[difference]!)} ${interval}`,
    ]
  })
  const about =
    'Accuracy of the best head of each relation and of its best fixed offset (words back), both chosen on every other sentence and measured on the rest:'
  return `${wrap(about, style.columns, '  ')}\n\n${table(COLUMNS, rows, style, '  ')}`
}
