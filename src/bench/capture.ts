import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '../library/open.ts'
import { bestMs, type PeerResult, runPeer } from './peers.ts'
import { runCommand } from './processes.ts'
import { type BenchOptions, type BenchReport, benchPrompt, type Figure, opening, report } from './report.ts'

const LENGTHS = [512, 2048]
const MIB = 2 ** 20

/** All patterns and z, written to disk layer by layer: time and peak anonymous memory, against the peers that can. */
export async function benchCapture(model: string, o: BenchOptions): Promise<BenchReport> {
  const { engine } = await open(model, opening(o))
  const { vocab, context } = engine.config
  const folder = mkdtempSync(join(tmpdir(), 'headwise-bench-'))
  const figures: Figure[] = []
  const peers: PeerResult[] = []
  try {
    for (const time of LENGTHS.filter(t => t <= context)) {
      const ids = join(folder, 'ids.json')
      const out = join(folder, 'out.safetensors')
      writeFileSync(ids, JSON.stringify(benchPrompt(time, vocab)))
      let [ms, anonymous] = [Number.POSITIVE_INFINITY, 0]
      const theirs: PeerResult[] = []
      for (let rep = 0; rep < Math.min(2, o.reps); rep++) {
        const ours = await runCommand([
          'run',
          model,
          '--tokens',
          ids,
          '--capture',
          'pattern,z',
          '--out',
          out,
          '--force',
          '--json',
          '--threads',
          String(o.threads),
        ])
        ms = Math.min(ms, ours.ms)
        anonymous = Math.max(anonymous, ours.anonymous)
        if (o.peer)
          theirs.push(
            await runPeer(
              o.peer,
              'capture-transformers',
              ['--T', String(time), '--reps', '1', ...(time > 1000 ? ['--out', folder] : [])],
              o.signal,
            ),
          )
      }
      const bytes = statSync(out).size
      const at = `at ${time} tokens`
      figures.push(
        { what: `patterns and z to disk, whole process, ${at}`, value: ms / 1000, unit: 's' },
        { what: `written ${at}`, value: bytes / MIB, unit: 'MiB' },
        { what: `rate of writing ${at}`, value: bytes / MIB / (ms / 1000), unit: 'MiB/s' },
        { what: `peak anonymous memory ${at}`, value: anonymous / MIB, unit: 'MiB' },
      )
      if (theirs.length > 0) {
        const peak = Math.min(...theirs.map(r => (r.anonymous_mb as { peak: number }).peak))
        figures.push(
          { what: `transformers ${at}`, value: bestMs(theirs) / 1000, unit: 's' },
          { what: `transformers' peak anonymous memory ${at}`, value: peak, unit: 'MiB' },
          { what: `our time over theirs ${at}`, value: ms / bestMs(theirs), unit: 'ratio' },
          { what: `our memory over theirs ${at}`, value: anonymous / MIB / peak, unit: 'ratio' },
        )
      }
      peers.push(...theirs)
      rmSync(out, { force: true })
    }
    if (o.peer) {
      const disk = await runPeer(o.peer, 'limits-disk', ['--out', folder], o.signal)
      peers.push(disk)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await engine[Symbol.asyncDispose]()
  }
  return report('capture', model, o.threads, figures, peers)
}
