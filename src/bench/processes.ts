import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'

const MAIN = join(import.meta.dirname, '../cli/main.js')
const SAMPLE_MS = 5

/** Peak of a process' memory that no file backs, in bytes, read from Linux's own account; 0 elsewhere. */
function anonymous(pid: number): number {
  try {
    const kib = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? 0 : 1024 * Number(kib)
  } catch {
    return 0
  }
}

/** Runs the command in a process of its own: milliseconds from its start to its end, and its peak anonymous memory. */
export async function runCommand(
  args: readonly string[],
  { env, signal }: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined } = {},
): Promise<{ ms: number; anonymous: number }> {
  throwIfAborted(signal)
  const start = performance.now()
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  const stop = (): boolean => child.kill('SIGINT')
  signal?.addEventListener('abort', stop, { once: true })
  let said = ''
  child.stderr.on('data', (d: Buffer) => {
    said += d.toString()
  })
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, anonymous(child.pid ?? 0))
  }, SAMPLE_MS)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  clearInterval(watch)
  signal?.removeEventListener('abort', stop)
  throwIfAborted(signal)
  if (code !== 0)
    throw new HeadwiseError(`headwise ${args[0]} ended with code ${code}: ${said.trim().split('\n').at(-1) ?? ''}`, {
      code: 'bench-command',
      fault: 'failed',
      where: args.join(' '),
      found: code,
    })
  return { ms: performance.now() - start, anonymous: peak }
}
