import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/cli/main.js')

/** A folder of this test file's own, removed when it has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headwise-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Settles when a stream has said something that matches. */
  seen(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void>
  kill(signal: NodeJS.Signals): void
}

interface Options {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string | Buffer
  /** Leave standard input open, as a pipe that nobody writes to. */
  readonly waiting?: boolean
}

/** The environment of a person who set nothing, but for what is given. */
const plain = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const { NO_COLOR: _n, FORCE_COLOR: _f, NODE_OPTIONS: _o, HEADWISE_DEBUG: _d, ...rest } = process.env
  return { ...rest, ...env }
}

/** Starts the command as built in dist. */
export function start(args: readonly string[], { env = {}, cwd, input, waiting }: Options = {}): Started {
  if (!existsSync(main)) throw new Error('dist is missing: run `npm run build` first')
  const child = spawn(process.execPath, [main, ...args], { env: plain(env), ...(cwd && { cwd }) })
  const said = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (piece: string) => {
      said[stream] += piece
      for (const tell of listeners) tell()
    })
  child.stdin.on('error', () => undefined)
  if (!waiting) child.stdin.end(input ?? '')
  const ended = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, ...said })))
  return {
    pid: child.pid ?? 0,
    ended,
    seen: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(said[stream]) && resolve()
        listeners.add(look)
        look()
        void ended.then(e => reject(new Error(`ended before it said ${pattern}: ${JSON.stringify(e)}`)))
      }),
    kill: signal => child.kill(signal),
  }
}

export const run = (args: readonly string[], o: Options = {}): Promise<Ended> => start(args, o).ended

/** The one sentence of a failure: one line, with the program's name in front and a stop at the end. */
export const SENTENCE = /^headwise: [^\n]+\.\n$/

export const golden = join(root, 'test/fixtures/golden-specimen')
export const goldenJson = (name: string): unknown => JSON.parse(readFileSync(join(golden, name), 'utf8'))

/** The float32 tensors of a safetensors file. */
export function tensorsOf(path: string): Map<string, { shape: number[]; data: Float32Array }> {
  const bytes = readFileSync(path)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            shape,
            data_offsets: [from, to],
          },
        ]) => [
          name,
          { shape, data: new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer) },
        ],
      ),
  )
}

/** The largest absolute difference; infinite when the lengths differ or a number is NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!)
    if (!(d <= largest)) largest = Number.isNaN(d) ? Number.POSITIVE_INFINITY : d
  }
  return largest
}
