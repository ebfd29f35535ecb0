import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ablateHeads, ablations } from '../heads/importance/ablation.ts'
import { open } from '../library/open.ts'
import { newLedger } from '../runs/engine.ts'
import { plan } from '../runs/plan.ts'
import { matmulRate } from './limits.ts'
import { bestMs, type PeerResult, runPeer } from './peers.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, opening, report } from './report.ts'

/** Rows of one batch, at which the matmul rate is taken. */
const ROWS = 1881
const MATMUL_REPS = 20

/**
 * Zero ablation of every head, mean loss over the whole text (given, or of that many tokens): counted floating-point operations over time against the
 * matmul rate, and against batched PyTorch and TransformerLens.
 */
export async function benchAblate(
  model: string,
  tokens: readonly number[] | number,
  o: BenchOptions,
): Promise<BenchReport> {
  const { engine, budget } = await open(model, opening(o))
  const ids = typeof tokens === 'number' ? benchPrompt(tokens, engine.config.vocab) : tokens
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  const runs = ablations(engine.config, { mode: 'zero' })
  const times: number[] = []
  const batched: PeerResult[] = []
  const lens: PeerResult[] = []
  let flops = 0
  try {
    const file = join(folder, 'ids.json')
    writeFileSync(file, JSON.stringify(ids))
    for (let rep = 0; rep < o.reps; rep++) {
      const planned = await plan(engine, [{ ids, read: { metric: 'loss' } }], runs, { budget })
      engine.ledger = newLedger()
      const start = performance.now()
      await ablateHeads(planned, { signal: o.signal })
      times.push(performance.now() - start)
      flops = engine.ledger.flops
      engine.ledger = undefined
      o.note?.(`${(times.at(-1)! / 1000).toFixed(1)} s`)
      if (o.peer) batched.push(await runPeer(o.peer, 'ablate-batched', ['--ids', file, '--reps', '1'], o.signal))
    }
    if (o.peer) lens.push(await runPeer(o.peer, 'ablate-lens', ['--ids', file, '--heads', '10'], o.signal))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const ms = Math.min(...times)
  const rate = await matmulRate(engine, ROWS, MATMUL_REPS)
  const torch =
    o.peer && (await runPeer(o.peer, 'limits-matmul', ['--T', String(ROWS), '--reps', String(MATMUL_REPS)], o.signal))
  const torchRate = (torch?.gflops as { block: { max: number } } | undefined)?.block.max
  const reached = flops / ms / 1e6
  const figures: Figure[] = [
    { what: 'heads', value: engine.config.layers * engine.config.heads, unit: 'runs' },
    { what: 'sweep', value: ms / 1000, unit: 's' },
    { what: 'counted operations', value: flops / 1e12, unit: 'TFLOP' },
    { what: 'rate', value: reached, unit: 'GFLOP/s' },
    { what: `matmul rate at ${ROWS} rows`, value: rate, unit: 'GFLOP/s' },
    { what: 'rate over the matmul rate', value: reached / rate, unit: 'ratio' },
  ]
  if (torchRate !== undefined)
    figures.push(
      { what: `PyTorch's matmul rate at ${ROWS} rows`, value: torchRate, unit: 'GFLOP/s' },
      { what: 'rate over the faster matmul rate', value: reached / Math.max(rate, torchRate), unit: 'ratio' },
      { what: 'batched PyTorch', value: bestMs(batched) / 1000, unit: 's' },
      { what: "batched PyTorch's time over ours", value: bestMs(batched) / ms, unit: 'ratio' },
      { what: "TransformerLens' time over ours (heads timed, scaled to all)", value: bestMs(lens) / ms, unit: 'ratio' },
    )
  await engine[Symbol.asyncDispose]()
  return report('ablate', model, o.threads, figures, [...batched, ...lens, ...(torch ? [torch] : [])])
}
