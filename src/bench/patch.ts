import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '../library/open.ts'
import { patchRequest, planPatching } from '../library/patch.ts'
import { parseTask } from '../results/input.ts'
import { newLedger } from '../runs/engine.ts'
import { ioi } from '../tasks/builtin/ioi.ts'
import { prepareTask } from '../tasks/prepare.ts'
import type { Site } from '../words/site.ts'
import type { Task } from '../words/task.ts'
import { matmulRate } from './limits.ts'
import { bestMs, type PeerResult, runPeer } from './peers.ts'
import { runCommand } from './processes.ts'
import { type BenchOptions, type BenchReport, type Figure, opening, report } from './report.ts'

const MIB = 2 ** 20
/** Rows at which the matmul rate is taken: about what a batch of short runs has. */
const ROWS = 512
const MATMUL_REPS = 20

const SWEEPS: readonly { readonly site: Site; readonly what: string; readonly peers: readonly string[] }[] = [
  { site: 'z', what: 'z of every head', peers: ['patch-z', 'patch-z-shared'] },
  { site: 'resid_pre', what: 'resid_pre by layer and position', peers: ['patch-resid'] },
]
const PEERS: Readonly<Record<string, string>> = {
  'patch-z': 'PyTorch, every row of every run',
  'patch-z-shared': 'PyTorch, rows before the first difference shared',
  'patch-resid': 'PyTorch, every row of every run',
}

/**
 * Patching sweeps of one pair of texts, logit difference after the last token: time, counted operations and memory of the
 * plan, clean passes included, against PyTorch that patches in batches. Without a task: a pair of indirect objects.
 */
export async function benchPatch(model: string, file: string | undefined, o: BenchOptions): Promise<BenchReport> {
  const opened = await open(model, opening(o))
  const { engine } = opened
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  const figures: Figure[] = []
  const peers: PeerResult[] = []
  try {
    const tokenizer = await opened.tokenizer()
    const task: Task =
      file === undefined ? (await ioi.make(tokenizer, { n: 1 })).task : parseTask(readFileSync(file), file)
    const [taskFile, pairFile] = [join(folder, 'task.json'), join(folder, 'pair.json')]
    writeFileSync(taskFile, JSON.stringify(task))
    writeFileSync(pairFile, JSON.stringify(await pairOf(task, tokenizer)))
    for (const { site, what, peers: names } of SWEEPS) {
      const request = await patchRequest(opened, { task, site })
      const times: number[] = []
      let [counted, planned, naive, runs] = [0, 0, 0, 0]
      const theirs = new Map<string, PeerResult[]>(names.map(n => [n, []]))
      for (let rep = 0; rep <= o.reps; rep++) {
        const start = performance.now()
        const sweep = await planPatching(opened, request)
        engine.ledger = newLedger()
        await sweep.execute({ signal: o.signal })
        if (rep > 0) times.push(performance.now() - start)
        counted = engine.ledger.flops
        ;({ flops: planned, naiveFlops: naive } = sweep.plan)
        runs = sweep.plan.runs.length
        engine.ledger = undefined
        if (o.peer && rep > 0)
          for (const name of names)
            theirs.get(name)!.push(await runPeer(o.peer, name, ['--ids', pairFile, '--reps', '3'], o.signal))
      }
      const ms = Math.min(...times)
      const args = ['patch', model, '--task', taskFile, '--site', site, '--json', '--threads', String(o.threads)]
      const own = await runCommand(args)
      figures.push(
        { what: `${what}: runs`, value: runs, unit: 'runs' },
        { what: `${what}: plan and sweep`, value: ms / 1000, unit: 's' },
        { what: `${what}: counted operations over the plan's`, value: counted / planned, unit: 'ratio' },
        { what: `${what}: naive operations over counted`, value: naive / counted, unit: 'ratio' },
        { what: `${what}: counted operations`, value: counted / 1e9, unit: 'GFLOP' },
        { what: `${what}: rate`, value: counted / ms / 1e6, unit: 'GFLOP/s' },
        { what: `${what}: peak anonymous memory of the command`, value: own.anonymous / MIB, unit: 'MiB' },
      )
      for (const [name, results] of theirs) {
        if (results.length === 0) continue
        const peak = Math.min(...results.map(r => (r.anonymous_mb as { peak: number }).peak))
        figures.push(
          { what: `${what}: ${PEERS[name]}`, value: bestMs(results) / 1000, unit: 's' },
          { what: `${what}: their time over ours`, value: bestMs(results) / ms, unit: 'ratio' },
          { what: `${what}: our memory over theirs`, value: own.anonymous / MIB / peak, unit: 'ratio' },
        )
        peers.push(...results)
      }
    }
    const rate = await matmulRate(engine, ROWS, MATMUL_REPS)
    figures.push({ what: `matmul rate at ${ROWS} rows`, value: rate, unit: 'GFLOP/s' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await engine[Symbol.asyncDispose]()
  }
  return report('patch', model, o.threads, figures, peers)
}

/** The pair in ids, as the peers take it. */
async function pairOf(task: Task, tokenizer: Parameters<typeof prepareTask>[1]) {
  const [clean, corrupt] = [await prepareTask(task, tokenizer, 'clean'), await prepareTask(task, tokenizer, 'corrupt')]
  const { read, ids } = clean.samples[0]!
  if (read.metric !== 'logit_diff') throw new Error('the pair of a bench is read as a logit difference')
  return { clean: ids, corrupt: corrupt.samples[0]!.ids, answer: read.answers[0], wrong: read.distractors[0] }
}
