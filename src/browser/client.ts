/// <reference lib="dom" />
import type { CallOptions, Client } from '../service/client.ts'
import { errorOf, superseded } from '../service/fault.ts'
import type { LongVerb, Params, QuickVerb, Result, StreamVerb, Verb } from '../service/verbs.ts'
import { HeadwiseError } from '../words/error.ts'
import type { BrowserDevice } from './load.ts'
import { type FromWorker, type Progress, START, type ToWorker } from './messages.ts'

/** Put in place by whoever builds the page: the manifest's address relative to the page. */
declare const HEADWISE_MANIFEST: string

interface Pending {
  readonly lane: string | undefined
  readonly onProgress: ((p: Progress) => void) | undefined
  readonly piece: (value: unknown) => void
  readonly end: (value: unknown) => void
  readonly fail: (error: HeadwiseError) => void
  /** Stops listening to the caller's signal. */
  readonly release: () => void
}

const interrupted = (): HeadwiseError =>
  new HeadwiseError('The work was interrupted.', { code: 'interrupted', fault: 'interrupted' })
const closed = (): HeadwiseError =>
  new HeadwiseError('The engine of this page was closed; reload the page.', { code: 'closed', fault: 'failed' })

/** The engine in a Web Worker, seen from the page. */
class WorkerClient implements Client {
  readonly kind = 'worker'
  readonly #pending = new Map<number, Pending>()
  readonly #start: ToWorker
  #worker: Worker | undefined
  #last = START
  /** Why nothing more is answered. */
  #broken: HeadwiseError | undefined

  constructor(manifest: string, device: BrowserDevice) {
    this.#start = { kind: 'start', manifest, device }
    this.#open()
  }

  #open(): void {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data)
    worker.onerror = event => {
      event.preventDefault()
      this.#restart(event.message || 'its program could not be loaded')
    }
    worker.postMessage(this.#start)
    this.#worker = worker
  }

  /** A worker that died takes its calls with it; the next call meets a new one. */
  #restart(why: string): void {
    this.#worker?.terminate()
    this.#worker = undefined
    const error = new HeadwiseError(`The engine of this page stopped (${why}); try again.`, {
      code: 'unreachable',
      fault: 'failed',
      found: why,
    })
    this.#failAll(error)
  }

  #failAll(error: HeadwiseError): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.fail(error)
  }

  /** Forgets a call, which is about to end. */
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.release()
    return pending
  }

  #hear(message: FromWorker): void {
    if (message.id === START) {
      if (message.kind === 'progress') for (const p of this.#pending.values()) p.onProgress?.(message.progress)
      if (message.kind !== 'failed') return
      // Calls in this worker fail by themselves for the same reason; a later one may find the connection mended.
      this.#worker?.terminate()
      this.#worker = undefined
      this.#failAll(errorOf(message.fault))
      return
    }
    const pending = this.#pending.get(message.id)
    if (!pending) return
    if (message.kind === 'progress') pending.onProgress?.(message.progress)
    else if (message.kind === 'piece') pending.piece(message.value)
    else {
      this.#settle(message.id)
      if (message.kind === 'end') pending.end(message.value)
      else pending.fail(errorOf(message.fault))
    }
  }

  #send(verb: Verb, params: unknown, { lane, signal }: CallOptions, asked: Omit<Pending, 'release'>): number {
    if (this.#broken) {
      asked.fail(this.#broken)
      return START
    }
    if (signal?.aborted) {
      asked.fail(interrupted())
      return START
    }
    // The page need not wait for the worker to learn that an answer is no longer wanted.
    for (const [id, older] of this.#pending)
      if (lane !== undefined && older.lane === lane) this.#cancel(id, superseded())
    if (!this.#worker) this.#open()
    const id = ++this.#last
    const stop = (): void => this.#cancel(id, interrupted())
    signal?.addEventListener('abort', stop, { once: true })
    this.#pending.set(id, { ...asked, release: () => signal?.removeEventListener('abort', stop) })
    this.#post({ kind: 'call', id, verb, params, lane })
    return id
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message)
  }

  #cancel(id: number, error: HeadwiseError): void {
    const pending = this.#settle(id)
    if (!pending) return
    this.#post({ kind: 'cancel', id })
    pending.fail(error)
  }

  call<V extends QuickVerb | LongVerb>(verb: V, params: Params<V>, o: CallOptions = {}): Promise<Result<V>> {
    return new Promise((resolve, reject) => {
      const end = (value: unknown): void => resolve(value as Result<V>)
      const { lane, onProgress } = o
      this.#send(verb, params, o, { lane, onProgress, piece: () => {}, end, fail: reject })
    })
  }

  async *stream<V extends StreamVerb>(verb: V, params: Params<V>, o: CallOptions = {}): AsyncGenerator<Result<V>> {
    const pieces: Result<V>[] = []
    let [over, error, wake]: [boolean, HeadwiseError | undefined, () => void] = [false, undefined, () => {}]
    const { lane, onProgress } = o
    const id = this.#send(verb, params, o, {
      lane,
      onProgress,
      piece: value => {
        pieces.push(value as Result<V>)
        wake()
      },
      end: () => {
        over = true
        wake()
      },
      fail: why => {
        ;[over, error] = [true, why]
        wake()
      },
    })
    try {
      for (;;) {
        while (pieces.length > 0) yield pieces.shift()!
        if (error) throw error
        if (over) return
        await new Promise<void>(resolve => {
          wake = resolve
          if (over || pieces.length > 0) resolve()
        })
      }
    } finally {
      this.#cancel(id, interrupted())
    }
  }

  close(): void {
    this.#broken = closed()
    this.#worker?.terminate()
    this.#worker = undefined
    this.#failAll(this.#broken)
  }
}

/** `?device=webgpu` in the page's address asks for WebGPU. */
const deviceOfPage = (): BrowserDevice =>
  new URLSearchParams(globalThis.location.search).get('device') === 'webgpu' ? 'webgpu' : 'wasm'

/** Starts the engine of a page that was built to run without a server. */
export const workerClient = (): Client =>
  new WorkerClient(new URL(HEADWISE_MANIFEST, document.baseURI).href, deviceOfPage())
