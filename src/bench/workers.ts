import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HeadSet, headName } from '../heads/importance/head-set.ts'
import { controlRequest, planControl } from '../library/control.ts'
import { type Opened, open } from '../library/open.ts'
import type { Plan } from '../runs/plan.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { runCommand } from './processes.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, opening, report } from './report.ts'

/** Tokens of the text when none is given. */
const TOKENS = 128
/** Parts for each worker, at least: neither the start nor the last one to end must decide the time of a long job. */
const PARTS_EACH = 16
const MOST_SETS = 4096

/** One head in each of four layers of the upper half. */
function tested({ layers }: { readonly layers: number }): HeadSet {
  const chosen = [4, 5, 6, 7].map(eighths => Math.floor((layers * eighths) / 8))
  return [...new Set(chosen)].map(layer => ({ layer, head: 0 }))
}

interface Job {
  readonly heads: HeadSet
  readonly controls: number
  /** The plan of the job in parts, and in one piece. */
  readonly parts: Plan
  readonly whole: Plan
}

/** A removal of head sets with as many controls as make parts enough for that many workers. */
async function jobFor(opened: Opened, ids: readonly number[], workers: number): Promise<Job> {
  const heads = tested(opened.engine.config)
  const wanted = PARTS_EACH * workers
  for (let controls = wanted; ; controls *= 2) {
    const request = await controlRequest(opened, { prompts: [ids], mode: 'zero', heads, controls })
    const { plan: parts } = await planControl(opened, request, { parts: 'small' })
    const most = parts.runs.length <= controls || controls >= MOST_SETS
    if (parts.parts.length < wanted && !most) continue
    return { heads, controls, parts, whole: (await planControl(opened, request)).plan }
  }
}

/** 1, 2, 4, … and the most. */
const steps = (most: number): number[] => [
  ...new Set([...Array.from({ length: Math.ceil(Math.log2(most)) }, (_, i) => 2 ** i), most]),
]

/** Milliseconds of a command from its start to its end, and the numbers that it wrote. */
async function timed(args: readonly string[], out: string, o: BenchOptions) {
  const { ms } = await runCommand([...args, '--out', out, '--force', '--json'], o)
  return { ms, values: JSON.stringify((JSON.parse(readFileSync(out, 'utf8')) as Grid).values) }
}

const differs = (workers: number): HeadwiseError =>
  new HeadwiseError(`The numbers of ${workers} workers are not those of one; they should be, to the last bit.`, {
    code: 'bench-differs',
    fault: 'failed',
    where: 'values',
    found: workers,
  })

interface Times {
  readonly n: number
  readonly workers: number
  readonly threads: number
}

/** The least milliseconds of the command by so many workers and by one process of so many threads, in turns. */
async function curve(command: readonly string[], folder: string, o: BenchOptions): Promise<Times[]> {
  const [run, out] = [join(folder, 'run'), join(folder, 'out.json')]
  const times = steps(o.threads).map(n => ({ n, workers: Number.POSITIVE_INFINITY, threads: Number.POSITIVE_INFINITY }))
  let first: string | undefined
  for (let rep = 0; rep < o.reps; rep++)
    for (const time of times) {
      const { n } = time
      const job = await timed([...command, '--workers', String(n), '--run', run], out, o)
      rmSync(run, { recursive: true })
      first ??= job.values
      if (job.values !== first) throw differs(n)
      const one = await timed([...command, '--threads', String(n)], out, o)
      time.workers = Math.min(time.workers, job.ms)
      time.threads = Math.min(time.threads, one.ms)
      o.note?.(`${n}: workers ${(job.ms / 1000).toFixed(1)} s, threads ${(one.ms / 1000).toFixed(1)} s`)
    }
  return times
}

/**
 * The same job by 1, 2, 4, … up to `threads` workers, and by one process with as many threads: whole commands, from the
 * start of the process to its end, parts written to the disk. The job removes sets of heads in four layers.
 */
export async function benchWorkers(
  model: string,
  tokens: readonly number[] | undefined,
  o: BenchOptions,
): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  const opened = await open(model, opening(o))
  const { engine } = opened
  try {
    const ids = tokens ?? benchPrompt(Math.min(TOKENS, engine.config.context), engine.config.vocab)
    const job = await jobFor(opened, ids, o.threads)
    const file = join(folder, 'ids.json')
    writeFileSync(file, JSON.stringify(ids))
    const device = o.device ? ['--device', o.device] : []
    const sets = ['--heads', job.heads.map(headName).join(), '--control', String(job.controls)]
    const command = ['ablate', model, '--tokens', file, ...sets, ...device]
    const times = await curve(command, folder, o)
    const { parts, whole } = job
    const alone = times[0]!
    const figures: Figure[] = [
      { what: 'tokens of the text', value: ids.length, unit: 'tokens' },
      { what: 'head sets removed', value: parts.runs.length, unit: 'runs' },
      { what: 'parts', value: parts.parts.length, unit: 'parts' },
      { what: 'operations in one piece', value: whole.flops / 1e9, unit: 'GFLOP' },
      { what: 'operations in parts over those in one piece', value: parts.flops / whole.flops, unit: 'ratio' },
    ]
    for (const { n, workers, threads } of times)
      figures.push(
        { what: `workers: ${n}`, value: workers / 1000, unit: 's' },
        { what: `one process, threads: ${n}`, value: threads / 1000, unit: 's' },
        { what: `workers: ${n}, one process' time over theirs`, value: threads / workers, unit: 'ratio' },
        { what: `workers: ${n}, speed-up over one`, value: alone.workers / workers, unit: 'ratio' },
        { what: `one process, threads: ${n}, speed-up over one`, value: alone.threads / threads, unit: 'ratio' },
      )
    return report('workers', model, o.threads, figures, [])
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await engine[Symbol.asyncDispose]()
  }
}
