import { open } from '../library/open.ts'
import { generate } from '../runs/generate.ts'
import { readBandwidth } from './limits.ts'
import { type PeerResult, runPeer } from './peers.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, opening, report } from './report.ts'

const PROMPT = 64
const NEW = 128

/**
 * Greedy float32 generation, 64 tokens and 128 new ones: tokens a second, and the weights' bytes read for each token over
 * the read bandwidth that the same process measures.
 */
export async function benchGenerate(model: string, o: BenchOptions): Promise<BenchReport> {
  const { engine } = await open(model, opening(o))
  const { vocab } = engine.config
  const ids = benchPrompt(PROMPT, vocab)
  const rates: number[] = []
  const theirs: PeerResult[] = []
  for (let rep = 0; rep <= o.reps; rep++) {
    let [first, last, made] = [0, 0, 0]
    for await (const _ of generate(engine, ids, { maxTokens: NEW, temperature: 0, seed: 0, endTokens: [] })) {
      last = performance.now()
      if (made++ === 1) first = last
    }
    if (rep > 0) rates.push(((made - 2) / (last - first)) * 1000)
    const args = ['--T', String(PROMPT), '--new', String(NEW), '--reps', '1']
    if (o.peer && rep < 2)
      for (const name of ['generate-transformers', ...(o.peer.gguf ? ['generate-llamacpp'] : [])])
        theirs.push(await runPeer(o.peer, name, args, o.signal))
  }
  await engine.close('resident')
  const bandwidth = await readBandwidth(engine, o.reps)
  const bytes = engine.weights.names.reduce(
    (n, w) => n + 4 * engine.weights.entry(w)!.shape.reduce((p, d) => p * d, 1),
    0,
  )
  const best = Math.max(...rates)
  const limit = Math.max(bandwidth.sum, bandwidth.rowTimesWeights)
  const figures: Figure[] = [
    { what: 'generation', value: best, unit: 'tokens/s' },
    { what: 'weights read for each token', value: bytes / 1e6, unit: 'MB' },
    { what: 'read bandwidth, sum of 1 GB', value: bandwidth.sum, unit: 'GB/s' },
    { what: 'read bandwidth, one row times every weight', value: bandwidth.rowTimesWeights, unit: 'GB/s' },
    { what: 'weights read over the read bandwidth', value: (best * bytes) / 1e9 / limit, unit: 'ratio' },
  ]
  await engine[Symbol.asyncDispose]()
  return report('generate', model, o.threads, figures, theirs)
}
