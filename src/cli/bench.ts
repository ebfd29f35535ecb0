import { availableParallelism } from 'node:os'
import type { BenchOptions, BenchReport } from '../bench/report.ts'
import { toJson } from '../results/json.ts'
import type { Context, Define } from './context.ts'
import { promptsOf, readTokens, wrongInput } from './input.ts'
import { DEVICES, type DeviceOption, oneOf, wholeNumber } from './options.ts'
import { padEnd } from './terminal/text.ts'
import { count, number } from './terminal/units.ts'

interface Options {
  readonly json?: boolean
  readonly threads?: number
  readonly device?: DeviceOption
  readonly reps: number
  readonly tokens?: string
  readonly task?: string
  readonly python?: string
  readonly folder?: string
  readonly gguf?: string
}

const KINDS = ['forward', 'load', 'generate', 'ablate', 'capture', 'patch', 'workers'] as const
/** The text of an ablation when none is given is this long. */
const ABLATED = 209
/** The task whose first pair is patched when none is given. */
const PATCHED = 'ioi'

const HELP = `
With --python, --folder (and --gguf) the peers of bench/peers run in turns
with headwise: see bench/peers/README.md. Ratios come from one run; timings
are minima. --threads is also the most workers.

  headwise bench forward specimen --reps 5`

export const bench: Define = (command, context) =>
  command
    .usage('KIND MODEL [OPTIONS]')
    .argument('<kind>', KINDS.join(', '), oneOf('KIND', KINDS))
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .option('--reps <n>', 'timed runs of each thing', wholeNumber('--reps', { from: 1, to: 1000 }), 3)
    .option('--threads <n>', 'cores for one operation', wholeNumber('--threads', { from: 1, to: 1024 }))
    .option('--device <name>', 'what computes ours', oneOf('--device', DEVICES))
    .option('--tokens <file>', 'ids of the text for ablate and workers (JSON)')
    .option('--task <task>', 'the task whose first pair is patched (default: ioi)')
    .option('--python <path>', "the peers' Python")
    .option('--folder <dir>', 'the same model as a float32 folder, for the peers')
    .option('--gguf <file>', 'the same model as GGUF, for llama.cpp')
    .option('--json', 'one JSON document on stdout and nothing else')
    .addHelpText('after', HELP)
    .action((kind: (typeof KINDS)[number], model: string, o: Options) => act(kind, model, o, context))

async function act(kind: (typeof KINDS)[number], model: string, o: Options, context: Context): Promise<void> {
  if ((o.python === undefined) !== (o.folder === undefined) || (o.gguf !== undefined && o.python === undefined))
    throw wrongInput(
      'The peers need --python and --folder together; --gguf goes with them.',
      '--python',
      o.python,
      'both',
    )
  if (o.tokens !== undefined && kind !== 'ablate' && kind !== 'workers')
    throw wrongInput(
      '--tokens belongs to bench ablate and bench workers.',
      '--tokens',
      o.tokens,
      'bench ablate, bench workers',
    )
  if (o.task !== undefined && kind !== 'patch')
    throw wrongInput('--task belongs to bench patch.', '--task', o.task, 'bench patch')
  const given = o.tokens === undefined ? undefined : promptsOf(readTokens(o.tokens))[0]
  const threads = o.threads ?? availableParallelism()
  const options: BenchOptions = {
    threads,
    reps: o.reps,
    ...(o.device && { device: o.device }),
    ...(o.python &&
      o.folder && { peer: { python: o.python, folder: o.folder, threads, ...(o.gguf && { gguf: o.gguf }) } }),
    note: context.note,
    signal: context.signal,
  }
  const measured = await measure(kind, model, given, o.task, options)
  const report = o.device ? { ...measured, name: `${measured.name} on ${o.device}` } : measured
  if (o.json) return context.print(toJson(report))
  context.print(view(report))
}

async function measure(
  kind: (typeof KINDS)[number],
  model: string,
  tokens: readonly number[] | undefined,
  task: string | undefined,
  options: BenchOptions,
): Promise<BenchReport> {
  switch (kind) {
    case 'forward':
      return await (await import('../bench/forward.ts')).benchForward(model, options)
    case 'load':
      return await (await import('../bench/load.ts')).benchLoad(model, options)
    case 'generate':
      return await (await import('../bench/generate.ts')).benchGenerate(model, options)
    case 'capture':
      return await (await import('../bench/capture.ts')).benchCapture(model, options)
    case 'patch':
      return await (await import('../bench/patch.ts')).benchPatch(model, task ?? PATCHED, options)
    case 'workers':
      return await (await import('../bench/workers.ts')).benchWorkers(model, tokens, options)
    case 'ablate':
      return await (await import('../bench/ablate.ts')).benchAblate(model, tokens ?? ABLATED, options)
  }
}

/** The figures as a table, ratios last in each group as they were measured. */
function view({ name, model, machine, figures }: BenchReport): string {
  const width = Math.max(...figures.map(f => f.what.length))
  const lines = figures.map(
    f => `  ${padEnd(f.what, width)}  ${number(f.value).padStart(8)} ${f.unit === 'ratio' ? '×' : f.unit}`,
  )
  return `${name} · ${model} · ${machine.cpu}, ${count(machine.threads, 'thread')}\n\n${lines.join('\n')}\n`
}
