import type { PatchBy } from '../causal/patching.ts'
import type { Places } from '../causal/places.ts'
import type { Headwise } from '../library/headwise.ts'
import type { Direction, PatchResult } from '../library/patch.ts'
import type { Grid, NestedCells } from '../words/grid.ts'
import { type Site, siteNames } from '../words/site.ts'
import type { Context, Define } from './context.ts'
import { curveView, positionView } from './curve-view.ts'
import { headShape, mapsView, summary } from './grid-view.ts'
import { openModel } from './model.ts'
import { oneOf } from './options.ts'
import { places, placesText } from './places.ts'
import { cutOf, modelOptionsOf } from './run-options.ts'
import { givenTask, type TaskArguments, withTask } from './subject.ts'
import { carryOut, checkSweepOptions, type SweepOptions, withSweepOptions } from './sweep.ts'
import { wrap } from './terminal/text.ts'
import { number } from './terminal/units.ts'

interface Options extends SweepOptions, TaskArguments {
  readonly site: Site
  readonly by?: PatchBy
  readonly at: Places
  readonly direction: Direction
}

const HELP = `
Each text of a pair is run once; then one of them is run again with a single
piece of the other: what a head computes (sites of heads: z, q, pattern, …), or
what stands at a position (resid_pre, mlp_out, …). Recovery tells how far that
brings the metric from the corrupt text's (0) to the clean one's (1).

  headwise patch specimen --task ioi --site z
  headwise patch specimen --task ioi --site resid_pre --n 1
  headwise patch specimen --task ioi --site resid_pre --at different`

export const patch: Define = (command, context) => {
  const base = command
    .usage('MODEL --task TASK --site SITE [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .requiredOption('--site <name>', 'what is patched: z, resid_pre, mlp_out, …', oneOf('--site', siteNames))
    .option(
      '--by <what>',
      'one head, group, position or layer at a time',
      oneOf('--by', ['head', 'group', 'position', 'layer']),
    )
    .option('--at <positions>', 'patched together: all, last, different, 3,5-7, text:…', places('--at'), 'all')
    .option(
      '--direction <name>',
      'denoising: clean values into the corrupt run; or noising',
      oneOf('--direction', ['denoising', 'noising']),
      'denoising',
    )
  return withSweepOptions(withTask(base))
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))
}

async function act(model: string, o: Options, context: Context): Promise<void> {
  await checkSweepOptions(o)
  const task = await givenTask(o, context)
  const { site, by, at, direction, seed } = o
  await using m = await openModel(model, modelOptionsOf(o), context)
  const asked = { task: await task(m), site, ...(by && { by }), at, direction, ...(seed !== undefined && { seed }) }
  const sweep = await m.planPatching(asked, cutOf(o))
  await carryOut(sweep, o, context, result => view(m, o, result, context))
}

const plain = (x: number): string => number(x).replace('-', '−')

/** What noising breaks: 1 − recovery, so that the largest numbers are the heads that matter. */
function broken(grid: Grid): Grid {
  const flip = (cells: NestedCells): NestedCells => {
    if (Array.isArray(cells)) return cells.map(flip)
    return typeof cells === 'number' ? 1 - cells : cells
  }
  const all = (cells: NestedCells[]) => cells.map(flip)
  const { low, high, values } = grid
  const metric = grid.metric.replace('recovery', '1 − recovery')
  return { ...grid, metric, values: all(values), ...(low && high ? { low: all(high), high: all(low) } : {}) }
}

function view(m: Headwise, o: Options, { document, clean, corrupt }: PatchResult, { style }: Context): string {
  const name = `${o.site} patched`
  const grid = o.direction === 'noising' ? broken(document) : document
  const second = grid.axes[1]?.name
  const where = o.at === 'all' ? '' : `; positions: ${placesText(o.at)}`
  const closing = wrap(
    `${o.direction}; clean ${plain(clean)}, corrupt ${plain(corrupt)}; recovery 1: like the clean texts, 0: like the corrupt ones${where}`,
    style.columns,
    '  ',
  )
  if (second === 'position') return `${positionView(name, grid, style)}\n${closing}\n`
  if (second === undefined) return `${curveView(name, grid, style)}\n\n${closing}\n`
  const { layers, heads, groups } = m.config
  const count = second === 'group' ? groups : heads
  const shape = second === 'group' ? { layers, heads: groups, perGroup: 1 } : headShape(m.config)
  const named = [{ name, grid, signed: true }]
  return `${mapsView(named, shape, style)}\n\n${summary(named, count, 8, style)}\n\n${closing}\n`
}
