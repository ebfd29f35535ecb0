import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runIntoFile } from '../library/capture-file.ts'
import type { Headwise } from '../library/headwise.ts'
import { load } from '../library/load.ts'
import { against, type PeerResult, runPeer } from './peers.ts'
import { runCommand } from './processes.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, opening, report } from './report.ts'

const LENGTHS = [512, 2048]
const MIB = 2 ** 20

interface CapturePeer {
  readonly name: string
  readonly what: string
  /** Whether it writes what it captures, as we do, or keeps it in memory. */
  readonly writes?: boolean
}
const PEERS: readonly CapturePeer[] = [
  { name: 'capture-transformers', what: 'transformers, written', writes: true },
  { name: 'forward-attentions', what: 'transformers, patterns alone, in memory' },
  { name: 'capture-lens', what: 'TransformerLens, in memory' },
  { name: 'capture-nnsight', what: 'nnsight, in memory' },
]

/** Milliseconds until all patterns and z are on the disk under their name, and the bytes there. */
async function capture(m: Headwise, ids: readonly number[], out: string, { signal }: BenchOptions) {
  const start = performance.now()
  await runIntoFile(m, ids, { capture: ['pattern', 'z'], out, ...(signal && { signal }) })
  const ms = performance.now() - start
  const bytes = statSync(out).size
  rmSync(out)
  return { ms, bytes }
}

/** Peak of the memory that no file backs, of a process that captures and nothing else, in MiB; 0 where no system tells. */
async function memory(model: string, ids: readonly number[], folder: string, o: BenchOptions): Promise<number> {
  const [tokens, out] = [join(folder, 'ids.json'), join(folder, 'out.safetensors')]
  writeFileSync(tokens, JSON.stringify(ids))
  const args = ['run', model, '--tokens', tokens, '--capture', 'pattern,z', '--out', out, '--json']
  const { anonymous } = await runCommand([...args, '--threads', String(o.threads)], o)
  rmSync(out)
  return anonymous / MIB
}

/** One length, in turns with the peers after a capture that does not count. */
async function atLength(m: Headwise, model: string, time: number, folder: string, o: BenchOptions) {
  const ids = benchPrompt(time, m.config.vocab)
  const out = join(folder, 'capture.safetensors')
  const peers = PEERS.map(p => ({ ...p, results: [] as PeerResult[] }))
  const ours: number[] = []
  const { bytes } = await capture(m, ids, out, o)
  for (let rep = 0; rep < o.reps; rep++) {
    // The first one pays for memory that the system has taken back meanwhile; the peers come to their best later, too.
    for (let i = 0; i < 2; i++) ours.push((await capture(m, ids, out, o)).ms)
    o.note?.(`${time} tokens: ${(Math.min(...ours) / 1000).toFixed(2)} s`)
    for (const { name, writes, results } of o.peer ? peers : []) {
      const args = ['--T', String(time), '--reps', '2', ...(writes ? ['--out', folder] : [])]
      results.push(await runPeer(o.peer!, name, args, o.signal))
    }
  }
  const mib = await memory(model, ids, folder, o)
  const seconds = Math.min(...ours) / 1000
  const figures: Figure[] = [
    { what: 'patterns and z to disk', value: seconds, unit: 's' },
    { what: 'written', value: bytes / MIB, unit: 'MiB' },
    { what: 'rate of writing', value: bytes / MIB / seconds, unit: 'MiB/s' },
    { what: 'peak anonymous memory, whole process', value: mib, unit: 'MiB' },
  ]
  const measured = peers.filter(p => p.results.length > 0)
  figures.push(...measured.flatMap(p => against(p.what, p.results, seconds, mib)))
  return {
    figures: figures.map(f => ({ ...f, what: `${f.what}, at ${time} tokens` })),
    theirs: measured.flatMap(p => p.results),
  }
}

/** All patterns and z, written to disk layer by layer: time and peak anonymous memory, against the peers that can. */
export async function benchCapture(model: string, o: BenchOptions): Promise<BenchReport> {
  await using m = await load(model, opening(o))
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  const figures: Figure[] = []
  const peers: PeerResult[] = []
  try {
    for (const time of LENGTHS.filter(t => t <= m.config.context)) {
      const at = await atLength(m, model, time, folder, o)
      figures.push(...at.figures)
      peers.push(...at.theirs)
    }
    if (o.peer) peers.push(await runPeer(o.peer, 'limits-disk', ['--out', folder], o.signal))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return report('capture', model, o.threads, figures, peers)
}
