import { flopsOf } from '../graph/measure.ts'
import { open } from '../library/open.ts'
import { tokenFeeds } from '../runs/batch.ts'
import type { Engine, Recipe } from '../runs/engine.ts'
import { unembed } from '../runs/unembed.ts'
import type { Residence } from '../runtime/backend.ts'
import { point } from '../words/site.ts'
import { matmulRate } from './limits.ts'
import { bestMs, type PeerResult, runPeer } from './peers.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, report, timed } from './report.ts'

const LENGTHS = [128, 512, 2048]
const MATMUL_REPS = 20
/** Ours and the peers' take turns, so that a machine that slows down slows both. */
const ROUNDS = 3

/** One pass to the logits of every position. */
async function forward(engine: Engine, ids: readonly number[], residence: Residence): Promise<void> {
  const end = point('resid_post', engine.config.layers - 1)
  const recipe: Recipe = { extent: engine.extent(ids.length), probes: [], want: [end], residence }
  const out = await engine.run(recipe, tokenFeeds([ids]))
  await unembed(engine, out[`resid_post@${end.layer}`]!.data as Float32Array, { logits: true, residence })
}

function usefulFlops(engine: Engine, time: number): number {
  const { layers, dim, vocab } = engine.config
  const body = engine.trace({ extent: engine.extent(time), probes: [], want: [point('resid_post', layers - 1)] })
  return flopsOf(body, { batch: 1, time }) + 2 * time * dim * vocab
}

/**
 * One forward pass to all logits at 128, 512 and 2,048 tokens: useful floating-point operations (causal half) over time
 * against the matmul rate of the same hour, and against PyTorch's fused attention.
 */
export async function benchForward(model: string, o: BenchOptions): Promise<BenchReport> {
  const { engine } = await open(model, { threads: o.threads })
  const figures: Figure[] = []
  const peers: PeerResult[] = []
  for (const time of LENGTHS.filter(t => t <= engine.config.context)) {
    o.note?.(`${time} tokens …`)
    const ids = benchPrompt(time, engine.config.vocab)
    const best = { once: Number.POSITIVE_INFINITY, resident: Number.POSITIVE_INFINITY }
    const theirs: PeerResult[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const residence of ['once', 'resident'] as const) {
        best[residence] = Math.min(best[residence], (await timed(() => forward(engine, ids, residence), o.reps)).min)
        await engine.close(residence)
      }
      if (o.peer)
        theirs.push(await runPeer(o.peer, 'forward-sdpa', ['--T', String(time), '--reps', String(o.reps)], o.signal))
    }
    const ms = Math.min(best.once, best.resident)
    const rate = await matmulRate(engine, time, MATMUL_REPS)
    const torch =
      o.peer && (await runPeer(o.peer, 'limits-matmul', ['--T', String(time), '--reps', String(MATMUL_REPS)], o.signal))
    const torchRate = (torch?.gflops as { block: { max: number } } | undefined)?.block.max
    const reached = usefulFlops(engine, time) / ms / 1e6
    const at = `at ${time} tokens`
    figures.push(
      { what: `forward, weights mapped, ${at}`, value: best.once, unit: 'ms' },
      { what: `forward, weights packed (resident), ${at}`, value: best.resident, unit: 'ms' },
      { what: `useful rate ${at}`, value: reached, unit: 'GFLOP/s' },
      { what: `matmul rate ${at}`, value: rate, unit: 'GFLOP/s' },
      { what: `useful rate over the matmul rate ${at}`, value: reached / rate, unit: 'ratio' },
    )
    if (torchRate !== undefined)
      figures.push(
        { what: `PyTorch's matmul rate ${at}`, value: torchRate, unit: 'GFLOP/s' },
        {
          what: `useful rate over the faster matmul rate ${at}`,
          value: reached / Math.max(rate, torchRate),
          unit: 'ratio',
        },
        { what: `PyTorch forward ${at}`, value: bestMs(theirs), unit: 'ms' },
        { what: `PyTorch's time over ours ${at}`, value: bestMs(theirs) / ms, unit: 'ratio' },
      )
    peers.push(...theirs, ...(torch ? [torch] : []))
  }
  await engine[Symbol.asyncDispose]()
  return report('forward', model, o.threads, figures, peers)
}
