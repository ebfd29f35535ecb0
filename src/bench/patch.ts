import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Opened, open } from '../library/open.ts'
import { taskPairs } from '../library/pairs.ts'
import { patchRequest, planPatching } from '../library/patch.ts'
import type { SweepRequest } from '../library/sweep.ts'
import { newLedger } from '../runs/engine.ts'
import type { Plan } from '../runs/plan.ts'
import { resolveTask } from '../tasks/resolve.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Site } from '../words/site.ts'
import type { Task } from '../words/task.ts'
import { matmulRate } from './limits.ts'
import { against, type PeerResult, runPeer } from './peers.ts'
import { runCommand } from './processes.ts'
import { type BenchOptions, type BenchReport, type Figure, opening, report } from './report.ts'

const MIB = 2 ** 20
/** Rows at which the matmul rate is taken: about what a batch of short runs has. */
const ROWS = 512
const MATMUL_REPS = 20

interface Kind {
  readonly site: Site
  readonly what: string
  /** The peers that do the same, by what they compute. */
  readonly peers: readonly (readonly [name: string, what: string])[]
}
const EVERY = 'PyTorch, all rows'
const SHARED = 'PyTorch, rows shared'
const KINDS: readonly Kind[] = [
  {
    site: 'z',
    what: 'z of every head',
    peers: [
      ['patch-z', EVERY],
      ['patch-z-shared', SHARED],
    ],
  },
  {
    site: 'resid_pre',
    what: 'resid_pre by layer and position',
    peers: [
      ['patch-resid', EVERY],
      ['patch-resid-shared', SHARED],
    ],
  },
]

/** The pair in ids, as the peers take it. They know one metric, and one answer on each side. */
async function pairOf(opened: Opened, task: Task) {
  const { pairs } = await taskPairs(opened, task, 'corrupt')
  const read = pairs[0]?.sample.read
  if (pairs.length === 1 && read?.metric === 'logit_diff' && read.answers.length === 1 && read.distractors.length === 1)
    return {
      clean: pairs[0]!.source,
      corrupt: pairs[0]!.sample.ids,
      answer: read.answers[0],
      wrong: read.distractors[0],
    }
  throw new HeadwiseError(
    `The first pair of the task "${task.name}" cannot be timed beside the peers: they take one answer and one distractor, measured by logit_diff.`,
    {
      code: 'bench-pair',
      fault: 'usage',
      where: 'task',
      found: task.metric,
      allowed: 'one answer, one distractor, logit_diff',
    },
  )
}

interface Timed {
  readonly ms: number
  readonly counted: number
  readonly plan: Plan
}

/** One sweep from its request to its result: milliseconds, operations counted as they are computed, and the plan. */
async function sweepOnce(opened: Opened, request: SweepRequest, { signal }: BenchOptions): Promise<Timed> {
  const { engine } = opened
  const ledger = newLedger()
  engine.ledger = ledger
  try {
    const start = performance.now()
    const sweep = await planPatching(opened, request)
    await sweep.execute({ signal })
    return { ms: performance.now() - start, counted: ledger.flops, plan: sweep.plan }
  } finally {
    engine.ledger = undefined
  }
}

/** One kind of sweep, in turns with the peers after a sweep that does not count. */
async function inTurns(opened: Opened, kind: Kind, task: Task, pair: string, o: BenchOptions) {
  const request = await patchRequest(opened, { task, site: kind.site })
  const { counted, plan } = await sweepOnce(opened, request, o)
  const times: number[] = []
  const peers = kind.peers.map(([name, what]) => ({ name, what, results: [] as PeerResult[] }))
  for (let rep = 0; rep < o.reps; rep++) {
    times.push((await sweepOnce(opened, request, o)).ms)
    o.note?.(`${kind.what}: ${(times.at(-1)! / 1000).toFixed(2)} s`)
    if (!o.peer) continue
    for (const { name, results } of peers)
      results.push(await runPeer(o.peer, name, ['--ids', pair, '--reps', '3'], o.signal))
  }
  return { ms: Math.min(...times), counted, plan, peers: peers.filter(p => p.results.length > 0) }
}

/** Peak of the memory that no file backs, of a process that does one such sweep and nothing else, in MiB; 0 where no system tells. */
async function memory(model: string, { site }: Kind, task: string, o: BenchOptions): Promise<number> {
  const device = o.device ? ['--device', o.device] : []
  const args = ['patch', model, '--task', task, '--site', site, '--threads', String(o.threads), ...device, '--json']
  return (await runCommand(args, o)).anonymous / MIB
}

/**
 * Patching sweeps of one pair of texts, logit difference after the last token, from the request to the result: time,
 * counted operations, and the memory of the whole command, against PyTorch that patches in batches. The pair is the
 * first of the task.
 */
export async function benchPatch(model: string, name: string, o: BenchOptions): Promise<BenchReport> {
  const source = await resolveTask(name, { signal: o.signal })
  const opened = await open(model, opening(o))
  const { engine } = opened
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  try {
    const { task } = await source.make(await opened.tokenizer(), { n: 1, signal: o.signal })
    const pair = await pairOf(opened, task)
    const [taskFile, pairFile] = [join(folder, 'task.json'), join(folder, 'pair.json')]
    writeFileSync(taskFile, JSON.stringify(task))
    writeFileSync(pairFile, JSON.stringify(pair))
    const rate = await matmulRate(engine, ROWS, MATMUL_REPS)
    const figures: Figure[] = [
      { what: 'tokens of a text', value: pair.clean.length, unit: 'tokens' },
      { what: `matmul rate at ${ROWS} rows`, value: rate, unit: 'GFLOP/s' },
    ]
    const theirs: PeerResult[] = []
    for (const kind of KINDS) {
      const { ms, counted, plan, peers } = await inTurns(opened, kind, task, pairFile, o)
      const mib = await memory(model, kind, taskFile, o)
      const reached = counted / ms / 1e6
      const own: Figure[] = [
        { what: 'edited runs, the other text among them', value: plan.runs.length, unit: 'runs' },
        { what: 'plan and sweep', value: ms / 1000, unit: 's' },
        { what: 'counted operations', value: counted / 1e9, unit: 'GFLOP' },
        { what: "counted operations over the plan's", value: counted / plan.flops, unit: 'ratio' },
        { what: 'operations of every run alone over counted', value: plan.naiveFlops / counted, unit: 'ratio' },
        { what: 'rate', value: reached, unit: 'GFLOP/s' },
        { what: 'rate over the matmul rate', value: reached / rate, unit: 'ratio' },
        ...(mib > 0 ? [{ what: 'peak anonymous memory of the whole command', value: mib, unit: 'MiB' }] : []),
        ...peers.flatMap(({ what, results }) => against(what, results, ms / 1000, mib)),
      ]
      figures.push(...own.map(f => ({ ...f, what: `${kind.what}: ${f.what}` })))
      theirs.push(...peers.flatMap(p => p.results))
    }
    return report('patch', model, o.threads, figures, theirs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await engine[Symbol.asyncDispose]()
  }
}
