import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { HeadwiseError } from '../words/error.ts'
import type { Figure, Peer } from './report.ts'

const PROGRAM = join(import.meta.dirname, '../../bench/peers/run.py')

/** What the peers' programs print: one JSON line, seconds of several runs among it. */
export interface PeerResult {
  readonly name: string
  readonly seconds: { readonly min: number; readonly median: number; readonly runs: readonly number[] }
  readonly peak_rss_mb: number
  readonly [field: string]: unknown
}

/** Runs one of bench/peers in a process of its own. */
export async function runPeer(
  peer: Peer,
  name: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<PeerResult> {
  if (!existsSync(PROGRAM))
    throw new HeadwiseError('The peers are measured from a checkout of the project: bench/peers is not here.', {
      code: 'bench-peers',
      fault: 'usage',
      where: PROGRAM,
    })
  const source = name.endsWith('llamacpp') ? ['--gguf', peer.gguf ?? ''] : ['--model', peer.folder]
  const own = [...(name === 'limits-bandwidth' ? [] : source), '--threads', String(peer.threads), ...args]
  const child = spawn(peer.python, [PROGRAM, name, ...own], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (d: Buffer) => {
    out += d.toString()
  })
  child.stderr.on('data', (d: Buffer) => {
    err += d.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  const line = out.trim().split('\n').at(-1) ?? ''
  if (code !== 0 || !line.startsWith('{'))
    throw new HeadwiseError(`The peer ${name} ended with code ${code}: ${err.trim().split('\n').at(-1) ?? ''}`, {
      code: 'bench-peers',
      fault: 'failed',
      where: name,
      found: code,
    })
  return JSON.parse(line) as PeerResult
}

/** The smallest of the peer's timings over several calls, in milliseconds. */
export const bestMs = (results: readonly PeerResult[]): number => 1000 * Math.min(...results.map(r => r.seconds.min))

/** Our seconds and MiB beside those of a peer that tells its peak anonymous memory. */
export function against(what: string, theirs: readonly PeerResult[], seconds: number, mib: number): Figure[] {
  const peak = Math.min(...theirs.map(r => (r.anonymous_mb as { peak: number }).peak))
  return [
    { what, value: bestMs(theirs) / 1000, unit: 's' },
    { what: `${what}: peak anonymous memory`, value: peak, unit: 'MiB' },
    { what: `${what}: our time over theirs`, value: (1000 * seconds) / bestMs(theirs), unit: 'ratio' },
    { what: `${what}: our memory over theirs`, value: mib / peak, unit: 'ratio' },
  ]
}
