import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, linkSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isAbsent, systemCode } from '../checkpoint/files.ts'
import { HeadwiseError, throwIfAborted } from '../words/error.ts'
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity.ts'

/** How long (ms) a lock whose process cannot be asked for must stay as it is before it counts as left behind. */
const LEASE_MS = 30_000
/** Beats in one lease. */
const BEATS = 6
/** What file systems without hard links say. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

interface Holder extends ProcessIdentity {
  readonly host: string
  /** Tells two locks of one process apart. */
  readonly nonce: string
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  readonly note?: ((text: string) => void) | undefined
  readonly lease?: number
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const { machine, pid, start, host, nonce } = JSON.parse(text) as Partial<Holder>
    const texts = [machine, start, host, nonce].every(t => typeof t === 'string')
    return texts && Number.isSafeInteger(pid) && pid! > 0 ? ({ machine, pid, start, host, nonce } as Holder) : undefined
  } catch {
    return undefined
  }
}

const held = (file: string, holder: Holder | undefined): HeadwiseError => {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another program'
  return new HeadwiseError(
    `${dirname(file)} is being written by ${who}; wait for it, stop it, or use another folder.`,
    {
      code: 'run-locked',
      fault: 'failed',
      file: dirname(file),
      where: basename(file),
      found: who,
      allowed: 'one writer',
    },
  )
}

/** Whether the file stays as it is for a whole lease, by what is seen and not by any clock that can be set. */
async function unchanged(file: string, text: string, lease: number, signal?: AbortSignal): Promise<boolean> {
  const began = performance.now()
  while (performance.now() - began < lease) {
    await wait(lease / BEATS / 2)
    throwIfAborted(signal)
    if (textOf(file) !== text) return false
  }
  return true
}

/** Throws unless the lock was left behind by a writer that is gone. */
async function judge(file: string, text: string, { signal, note, lease = LEASE_MS }: LockOptions): Promise<void> {
  const holder = holderOf(text)
  const alive = holder ? isAlive(holder) : 'unknown'
  if (alive === false) return
  if (alive === true) throw held(file, holder)
  const whose = holder ? `of process ${holder.pid} on ${holder.host}` : 'that cannot be read'
  note?.(`${dirname(file)} holds a lock ${whose}; watching for ${Math.ceil(lease / 1000)} s whether it is in use.`)
  if (!(await unchanged(file, text, lease, signal))) throw held(file, holder)
}

/** Creates the file with its text at once, or says that there is one already. */
function created(file: string, text: string): boolean {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.part`)
  writeFileSync(temporary, text, { flag: 'wx' })
  try {
    linkSync(temporary, file)
    return true
  } catch (error) {
    // The holder sweeps such files up, this one perhaps: then it is tried again.
    if (['EEXIST', 'ENOENT'].includes(systemCode(error) ?? '')) return false
    if (!NO_LINKS.has(systemCode(error) ?? '')) throw error
    // Its text comes a moment later then; who reads it before waits, as for any lock that cannot be read.
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } finally {
    rmSync(temporary, { force: true })
  }
}

/**
 * A file that says who may write in its folder. It beats: a number in it grows, so that a machine which cannot ask for
 * the process can see that it lives.
 */
export class Lock implements Disposable {
  readonly #file: string
  readonly #holder: Holder
  readonly #clock: NodeJS.Timeout
  #beat = 0

  private constructor(file: string, holder: Holder, lease: number) {
    this.#file = file
    this.#holder = holder
    this.#clock = setInterval(() => this.#tick(), lease / BEATS)
    this.#clock.unref()
  }

  /**
   * Takes the lock: one that a dead process of this machine left, or whose number is another program's now, at once; one
   * of a machine that cannot be asked after it has not changed for a lease. Throws `run-locked` when it is in use.
   */
  static async take(file: string, o: LockOptions = {}): Promise<Lock> {
    const holder: Holder = { ...thisProcess(), host: hostname(), nonce: randomBytes(8).toString('hex') }
    const text = JSON.stringify({ ...holder, beat: 0 })
    while (!created(file, text)) {
      const there = textOf(file)
      if (there === undefined) continue
      await judge(file, there, o)
      // Only the lock that was judged: a new one of a quicker process stays. What is left of that race, `holds` finds.
      if (textOf(file) === there) rmSync(file, { force: true })
    }
    return new Lock(file, holder, o.lease ?? LEASE_MS)
  }

  /** Whether the file still says so; without it another process is writing here, or the folder is gone. */
  holds(): boolean {
    return holderOf(textOf(this.#file) ?? '')?.nonce === this.#holder.nonce
  }

  #tick(): void {
    try {
      if (!this.holds()) return
      const file = openSync(this.#file, 'r+')
      try {
        const length = writeSync(file, JSON.stringify({ ...this.#holder, beat: ++this.#beat }), 0)
        ftruncateSync(file, length)
      } finally {
        closeSync(file)
      }
    } catch {
      // A folder that vanished or became read-only is told of by the next part.
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#clock)
    try {
      if (this.holds()) rmSync(this.#file)
    } catch {
      // The next writer sees that this process is gone.
    }
  }
}
