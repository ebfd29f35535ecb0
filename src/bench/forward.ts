import { flopsOf } from '../graph/measure.ts'
import { open } from '../library/open.ts'
import { tokenFeeds } from '../runs/batch.ts'
import type { Engine, Recipe } from '../runs/engine.ts'
import { unembed } from '../runs/unembed.ts'
import type { Residence } from '../runtime/backend.ts'
import { point, pointKey } from '../words/site.ts'
import { matmulRate } from './limits.ts'
import { bestMs, type PeerResult, runPeer } from './peers.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, opening, report, timed } from './report.ts'

const LENGTHS = [128, 512, 2048]
const MATMUL_REPS = 20
/** Ours and the peers' take turns, so that a machine that slows down slows both. */
const ROUNDS = 3

/** Up to this many tokens one graph gives all logits; those of longer texts are handed on in blocks of rows. */
const SHORT = 128

/** One pass to the logits of every position. */
async function forward(engine: Engine, ids: readonly number[], residence: Residence): Promise<void> {
  const short = ids.length <= SHORT
  const end = short ? point('logits') : point('resid_post', engine.config.layers - 1)
  const recipe: Recipe = { extent: engine.extent(ids.length), probes: [], want: [end], residence }
  const out = await engine.run(recipe, tokenFeeds([ids]))
  if (!short)
    await unembed(engine, out[pointKey(end)]!.data as Float32Array, { logits: async () => undefined, residence })
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
  const { engine } = await open(model, opening(o))
  const figures: Figure[] = []
  const peers: PeerResult[] = []
  for (const time of LENGTHS.filter(t => t <= engine.config.context)) {
    o.note?.(`${time} tokens …`)
    const ids = benchPrompt(time, engine.config.vocab)
    const packed = time <= SHORT ? 'resident' : 'batch'
    const best = { once: Number.POSITIVE_INFINITY, packed: Number.POSITIVE_INFINITY }
    const theirs: PeerResult[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const residence of ['once', packed] as const) {
        const { min } = await timed(() => forward(engine, ids, residence), o.reps)
        if (residence === 'once') best.once = Math.min(best.once, min)
        else best.packed = Math.min(best.packed, min)
        await engine.close(residence)
      }
      if (o.peer)
        theirs.push(await runPeer(o.peer, 'forward-sdpa', ['--T', String(time), '--reps', String(o.reps)], o.signal))
    }
    const ms = Math.min(best.once, best.packed)
    const rate = await matmulRate(engine, time, MATMUL_REPS)
    const torch =
      o.peer && (await runPeer(o.peer, 'limits-matmul', ['--T', String(time), '--reps', String(MATMUL_REPS)], o.signal))
    const torchRate = (torch?.gflops as { block: { max: number } } | undefined)?.block.max
    const reached = usefulFlops(engine, time) / ms / 1e6
    const at = `at ${time} tokens`
    figures.push(
      { what: `forward, weights mapped, ${at}`, value: best.once, unit: 'ms' },
      { what: `forward, weights packed, ${at}`, value: best.packed, unit: 'ms' },
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
