import type { Head } from '../heads/importance/head-set.ts'
import type { AblationResult } from '../library/ablate.ts'
import { type BaselineOptions, MODES, type Mode } from '../library/baseline.ts'
import type { ControlResult } from '../library/control.ts'
import type { Headwise } from '../library/headwise.ts'
import { gridValues } from '../results/grid.ts'
import type { Grid } from '../words/grid.ts'
import type { Context, Define } from './context.ts'
import { cellsOf, measured } from './curve-view.ts'
import { headShape, mapsView, summary } from './grid-view.ts'
import { headList } from './heads.ts'
import { checkVocabulary, promptsOf, readTokens, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import { oneOf, wholeNumber, withTokens } from './options.ts'
import { cutOf, modelOptionsOf } from './run-options.ts'
import { givenSubject, type SubjectArguments, withTask } from './subject.ts'
import { carryOut, checkSweepOptions, type SweepOptions, withSweepOptions } from './sweep.ts'
import { wrap } from './terminal/text.ts'
import { count, number, signed } from './terminal/units.ts'

interface Options extends SweepOptions, SubjectArguments {
  readonly mode: Mode
  readonly reference?: string
  readonly heads?: readonly Head[]
  /** `true` where the option has no number. */
  readonly control?: number | true
}

const HELP = `
What stands in for a removed head: zeros, its mean vector (over the same text,
--reference self, or over the prompts of a JSON file of token ids), or what it
computes on another prompt of the task (resample: 8 draws).
--heads removes the named ones together; --control compares them with random
sets of as many heads in each layer.

  headwise ablate specimen "Tom saw a cat. The cat saw Tom." --mode mean
  headwise ablate specimen --task ioi --mode resample
  headwise ablate specimen --task ioi --heads 6.5,6.1 --control`

export const ablate: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the text to measure; - reads standard input')
    .option('--mode <name>', 'what stands in', oneOf('--mode', MODES), 'zero')
    .option('--reference <self|file>', 'for --mode mean: self, or token ids as --tokens')
    .option('--heads <list>', 'remove these together, as in 6.5,6.1', headList('--heads'))
    .option(
      '--control [n]',
      'with --heads: n random sets to compare with',
      wholeNumber('--control', { from: 1, to: 100_000 }),
    )
  return withSweepOptions(withTokens(withTask(base)))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

async function checkOptions({ mode, reference, heads, control, ...o }: Options): Promise<void> {
  if (mode === 'resample' && o.task === undefined)
    throw wrongInput(
      '--mode resample takes what a head computes on other prompts of a task of two or more: give --task, or use zero or mean.',
      '--mode',
      mode,
      'a task',
    )
  if (reference !== undefined && mode !== 'mean')
    throw wrongInput('--reference belongs to --mode mean.', '--reference', reference, '--mode mean')
  if (control !== undefined && !heads)
    throw wrongInput(
      '--control compares the heads named with --heads; there are none.',
      '--control',
      control,
      '--heads',
    )
  await checkSweepOptions(o)
}

/** What stands in for the heads, files read before any model is opened. */
function baselineOf({ mode, reference: from }: Options): BaselineOptions {
  if (from === undefined) return { mode }
  return { mode, reference: from === 'self' ? from : promptsOf(readTokens(from)) }
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  await checkOptions(o)
  const baseline = baselineOf(o)
  const subject = await givenSubject(text, o, context)
  await using m = await openModel(model, modelOptionsOf(o), context)
  if (Array.isArray(baseline.reference)) checkVocabulary(baseline.reference, m.config.vocab, o.reference!)
  const given = { ...baseline, ...(await subject(m)) }
  if (o.heads) {
    const controls = o.control === undefined ? 0 : o.control === true ? 'usual' : o.control
    const sweep = await m.planControl({ ...given, heads: o.heads, controls }, cutOf(o))
    return await carryOut(sweep, o, context, result => controlView(o.mode, result, context))
  }
  const sweep = await m.planAblation(given, cutOf(o))
  await carryOut(sweep, o, context, result => view(m, o.mode, result, context))
}

/** The false discovery rate below which heads are counted. */
const FOUND = 0.05

const better = (grid: Grid): string =>
  grid.higherIsBetter
    ? 'minus: the metric falls'
    : `plus: the ${grid.metric.startsWith('loss') ? 'loss' : 'metric'} grows`

function view(
  m: Headwise,
  mode: string,
  { document: grid, clean, harmless }: AblationResult,
  { style }: Context,
): string {
  const named = [{ name: `${mode} ablation`, grid, signed: true }]
  const { layers, heads } = m.config
  return `${[
    mapsView(named, headShape(m.config), style),
    summary(named, heads, 8, style),
    [
      `  clean ${measured(grid, clean)}; ${better(grid)} where the head is needed`,
      // A divergence is 0 for the clean model, and a difference on the wrong side is no merit: there is nothing to lose 1% of.
      ...(clean === 0 || (grid.higherIsBetter && clean < 0)
        ? []
        : [`  ${harmless} of ${count(layers * heads, 'head')} can go alone with less than 1% of harm`]),
      ...found(grid),
    ].join('\n'),
  ].join('\n\n')}\n`
}

/** How many heads stand out where there are q-values. */
function found(grid: Grid): string[] {
  const q = cellsOf(grid, 'q')
  return q ? [`  ${q.filter(x => x < FOUND).length} have an effect with q < ${FOUND} (false discovery rate)`] : []
}

function controlView(mode: string, result: ControlResult, { style }: Context): string {
  const { document: grid, clean, effect, controls, percentile, p } = result
  const [low, high] = [cellsOf(grid, 'low')?.[0], cellsOf(grid, 'high')?.[0]]
  const labels = grid.axes[0]?.labels ?? []
  const interval = low !== undefined && high !== undefined ? ` [${signed(low)}, ${signed(high)}]` : ''
  const lines = [
    `${labels[0]} removed${labels[0]?.includes('+') ? ' together' : ''} (${mode}): ${signed(effect)}${interval}`,
    `${grid.metric} (n = ${String(grid.n)}); clean ${measured(grid, clean)}; ${better(grid)} where the heads are needed`,
  ]
  if (percentile !== undefined && p !== undefined) {
    const others = Array.from(gridValues(grid).data).slice(1)
    const sign = grid.higherIsBetter ? -1 : 1
    const order = [...others.keys()].sort((a, b) => sign * (others[a]! - others[b]!))
    const worst = order.at(-1)!
    lines.push(
      `more harm than ${percentile.toFixed(1)}% of ${count(controls, 'other set')} of as many heads in the same layers (p = ${number(p)})`,
      `of those the median does ${signed(others[order[Math.floor(order.length / 2)]!]!)}, the most harmful ${signed(others[worst]!)} (${labels[worst + 1]})`,
    )
  }
  return `${lines.map(line => wrap(line, style.columns, '  ')).join('\n')}\n`
}
