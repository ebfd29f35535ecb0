import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Fault, HeadwiseError, printable, throwIfAborted } from '../words/error.ts'

/** An error as it crosses between processes. */
interface ErrorFields {
  readonly message: string
  readonly code: string
  readonly fault: Fault
  readonly file?: string
  readonly where?: string
  readonly found?: string
  readonly allowed?: string
}
type ToChild =
  | { readonly kind: 'call'; readonly id: number; readonly task: unknown }
  | { readonly kind: 'abort'; readonly id: number }
type ToParent =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorFields }

/** How long (ms) a child may go on after it was asked to stop; then it is killed. */
const PATIENCE_MS = 10_000
/** Characters of a child's last words that are kept for the sentence about its end. */
const LAST_WORDS = 2000

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** What the child tells before its answer. */
  readonly onEvent?: (event: unknown) => void
}

interface Waiting {
  readonly onEvent: ((event: unknown) => void) | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * A child process that runs the module at `entry` (which calls `serveHost`) and answers calls. What crosses is whatever
 * structured cloning carries, typed arrays included. An aborted call is told to stop and the child is killed when it
 * does not; the call then throws `interrupted`. When the child dies, its open calls throw `host-died`, and later ones too.
 */
export class Host implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #open = new Map<number, Waiting>()
  readonly #ended: Promise<void>
  readonly #patience: number
  #next = 0
  #said = ''
  #end: HeadwiseError | undefined

  constructor(entry: URL, o: { readonly patience?: number } = {}) {
    this.#patience = o.patience ?? PATIENCE_MS
    this.#child = fork(fileURLToPath(entry), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    })
    const { stderr } = this.#child
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-LAST_WORDS)
    })
    const silent = new Promise<void>(resolve => stderr?.once('close', resolve))
    this.#child.on('message', (message: unknown) => this.#receive(message as ToParent))
    this.#ended = new Promise(resolve => {
      this.#child.once('error', error => resolve(this.#finish(`could not be started (${error.message})`)))
      // Not `close`: Node.js leaves it out where the parent closed the channel.
      this.#child.once('exit', (code, signal) => {
        const finish = (): void => resolve(this.#finish(`ended with ${signal ?? `code ${code}`}`))
        void silent.then(finish)
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get alive(): boolean {
    return this.#end === undefined
  }

  /** The child's answer to a task. */
  async call(task: unknown, { signal, onEvent }: CallOptions = {}): Promise<unknown> {
    throwIfAborted(signal)
    if (this.#end) throw this.#end
    const id = this.#next++
    let clock: NodeJS.Timeout | undefined
    const abort = (): void => {
      this.#send({ kind: 'abort', id })
      clock = setTimeout(() => this.kill(), this.#patience)
    }
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#open.set(id, { onEvent, resolve, reject })
        this.#send({ kind: 'call', id, task })
      })
    } catch (error) {
      throwIfAborted(signal)
      throw error
    } finally {
      clearTimeout(clock)
      signal?.removeEventListener('abort', abort)
      this.#open.delete(id)
    }
  }

  /** Ends the child at once, whatever it does. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #send(message: ToChild): void {
    // A child that is gone is told of by its end.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #receive(message: ToParent): void {
    const call = this.#open.get(message.id)
    if (message.kind === 'event') call?.onEvent?.(message.event)
    else if (message.kind === 'answer') call?.resolve(message.value)
    else call?.reject(new HeadwiseError(message.error.message, message.error))
  }

  #finish(how: string): void {
    const words = this.#said.trim().split('\n').at(-1) ?? ''
    this.#end ??= new HeadwiseError(`The engine's process ${how}${words && `: ${printable(words)}`}.`, {
      code: 'host-died',
      fault: 'failed',
      found: how,
    })
    for (const { reject } of this.#open.values()) reject(this.#end)
  }

  /** Closes the channel, upon which the child exits by itself, and waits for that; one that does not is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const clock = setTimeout(() => this.kill(), this.#patience)
    await this.#ended
    clearTimeout(clock)
  }
}

/** Does the work of one task; `emit` tells the caller something before the answer. */
export type Handler = (
  task: unknown,
  o: { readonly signal: AbortSignal; readonly emit: (event: unknown) => void },
) => Promise<unknown>

const text = (value: unknown): string | undefined => (value === undefined ? undefined : printable(value))

function fieldsOf(error: unknown): ErrorFields {
  if (!(error instanceof HeadwiseError)) {
    const what = printable(error instanceof Error ? `${error.name}: ${error.message}` : error)
    return { message: `The engine's process failed: ${what}`, code: 'host-failed', fault: 'failed' }
  }
  const { message, code, fault, file, where } = error
  const [found, allowed] = [text(error.found), text(error.allowed)]
  return {
    message,
    code,
    fault,
    ...(file !== undefined && { file }),
    ...(where !== undefined && { where }),
    ...(found !== undefined && { found }),
    ...(allowed !== undefined && { allowed }),
  }
}

/**
 * The child's side: answers the calls of the process that started it, and exits when that process closes the channel or
 * dies. An interrupt from the terminal reaches both; only the parent decides what it means.
 */
export function serveHost(handle: Handler): void {
  const running = new Map<number, AbortController>()
  const send = (message: ToParent): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  }
  const answer = async (id: number, task: unknown): Promise<void> => {
    const stop = new AbortController()
    running.set(id, stop)
    try {
      const emit = (event: unknown): void => send({ kind: 'event', id, event })
      send({ kind: 'answer', id, value: await handle(task, { signal: stop.signal, emit }) })
    } catch (error) {
      send({ kind: 'error', id, error: fieldsOf(error) })
    } finally {
      running.delete(id)
    }
  }
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message: unknown) => {
    const { kind, id, ...rest } = message as ToChild
    if (kind === 'abort') running.get(id)?.abort()
    else void answer(id, (rest as { task: unknown }).task)
  })
}
