import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bestMs, type PeerResult, runPeer } from './peers.ts'
import { runCommand } from './processes.ts'
import { type BenchOptions, type BenchReport, type Figure, report, summary } from './report.ts'

/** The peers' own prompt. */
const TEXT = 'The lighthouse keeper climbed the stairs every evening to light the lamp, and then he'

/** From the start of the process to the first logits and its end: weights converted before (warm), and for the first time (cold). */
export async function benchLoad(model: string, o: BenchOptions): Promise<BenchReport> {
  const args = [
    'run',
    model,
    TEXT,
    '--json',
    '--threads',
    String(o.threads),
    ...(o.device ? ['--device', o.device] : []),
  ]
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  const transformers: PeerResult[] = []
  const llama: PeerResult[] = []
  const warm: number[] = []
  try {
    const cold = await runCommand(args, { env: { HEADWISE_CACHE: folder }, signal: o.signal })
    for (let rep = 0; rep < o.reps; rep++) {
      warm.push((await runCommand(args, { env: { HEADWISE_CACHE: folder }, signal: o.signal })).ms)
      if (o.peer?.gguf) llama.push(await runPeer(o.peer, 'start-llamacpp', ['--reps', '1'], o.signal))
      if (o.peer && rep < 2) transformers.push(await runPeer(o.peer, 'start-transformers', ['--reps', '1'], o.signal))
    }
    const ours = summary(warm)
    const figures: Figure[] = [
      { what: 'process start to first logits, warm', value: ours.min, unit: 'ms' },
      { what: 'the same, median', value: ours.median, unit: 'ms' },
      { what: 'process start to first logits, cold (weights converted)', value: cold.ms, unit: 'ms' },
    ]
    if (transformers.length > 0)
      figures.push(
        { what: 'transformers', value: bestMs(transformers), unit: 'ms' },
        { what: "ours over transformers'", value: ours.min / bestMs(transformers), unit: 'ratio' },
      )
    if (llama.length > 0)
      figures.push(
        { what: 'llama.cpp', value: bestMs(llama), unit: 'ms' },
        { what: "ours over llama.cpp's", value: ours.min / bestMs(llama), unit: 'ratio' },
      )
    return report('load', model, o.threads, figures, [...transformers, ...llama])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
