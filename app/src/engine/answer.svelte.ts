import { HeadwiseError } from '../../../src/words/error.ts'
import { Newest } from './newest.ts'

/** How far long work has come. */
export interface Progress {
  readonly what: string
  readonly done: number
  readonly total: number
}

/** One question to the engine; `key` is equal where the question is. */
export interface Question<T> {
  readonly key: string
  readonly ask: (o: { signal: AbortSignal; onProgress: (p: Progress) => void }) => Promise<T>
}

/** What is awaited for longer than this looks stale. */
const PATIENCE_MS = 100
type Policy = 'finish' | 'abort' | 'spare'
/** Ends that the page itself asked for. */
const WANTED_ENDS = ['superseded', 'interrupted']

const asError = (error: unknown): HeadwiseError =>
  error instanceof HeadwiseError
    ? error
    : new HeadwiseError(error instanceof Error ? error.message : String(error), { code: 'page', fault: 'failed' })

/**
 * What the engine said last, and whether that still is the answer to what is asked now. `finish` lets an answer on its
 * way come (dragging), `abort` ends it for a newer question (long work), `spare` is like `finish` and then rests for as
 * long as the answer took, so that what is more urgent has half of the engine's time at least.
 */
export class Answer<T> {
  value = $state.raw<T>()
  error = $state.raw<HeadwiseError>()
  progress = $state.raw<Progress>()
  /** True from 100 ms after the question until its answer. */
  stale = $state(false)
  /** Whether an answer is on its way. */
  waiting = $state(false)
  /** Whether somebody ended the wait for an answer; `again` takes it up. */
  stopped = $state(false)
  /** When the value came, by `performance.now()`. */
  since = $state(0)
  /** The question that the value answers. */
  key = $state.raw<string>()
  #wanted: string | undefined
  #question: Question<T> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #abort: AbortController | undefined
  readonly #newest = new Newest()
  readonly #policy: Policy

  constructor(policy: Policy = 'finish') {
    this.#policy = policy
  }

  /** Asks, unless this is what was asked last. Without a question what stood here goes. */
  follow(question: Question<T> | undefined): void {
    if (question?.key === this.#wanted) return
    this.#wanted = question?.key
    this.#question = question
    this.stopped = false
    if (this.#policy === 'abort') this.#abort?.abort()
    if (!question) {
      this.#clear()
      return
    }
    this.#wait()
    this.#newest.ask(async () => {
      const began = performance.now()
      await this.#run(question)
      const took = performance.now() - began
      if (this.#policy === 'spare') await new Promise(done => setTimeout(done, took))
    })
  }

  /** Asks the last question again. */
  again(): void {
    this.#wanted = undefined
    this.follow(this.#question)
  }

  /** Tells of an error that came before any question. */
  fail(error: unknown): void {
    this.error = asError(error)
  }

  /** What stood here is no answer to anything any more. */
  forget(): void {
    this.value = undefined
    this.key = undefined
  }

  stop(): void {
    if (!this.waiting) return
    this.stopped = true
    this.#settle()
    this.#abort?.abort()
  }

  /** Makes way for something more urgent: stops, and leaves what stood here until `follow` asks again. */
  pause(): void {
    if (!this.waiting) return
    this.stop()
    this.#wanted = undefined
  }

  async #run(question: Question<T>): Promise<void> {
    if (question.key !== this.#wanted || this.stopped) return
    const abort = new AbortController()
    this.#abort = abort
    const onProgress = (p: Progress): void => {
      if (question.key === this.#wanted) this.progress = p
    }
    try {
      const value = await question.ask({ signal: abort.signal, onProgress })
      if (this.#wanted === undefined || abort.signal.aborted) return
      this.value = value
      this.key = question.key
      this.error = undefined
      this.since = performance.now()
    } catch (error) {
      const told = asError(error)
      if (question.key === this.#wanted && !WANTED_ENDS.includes(told.code)) this.error = told
    } finally {
      if (question.key === this.#wanted) {
        this.#settle()
        // What stands here answers another question than the one that failed.
        this.stale = this.error !== undefined
        // The engine has not heard the question: whoever follows may ask it again.
        if (this.error?.code === 'unreachable') this.#wanted = undefined
      } else if (this.#wanted !== undefined && !this.stopped) this.#wait()
    }
  }

  #wait(): void {
    this.waiting = true
    clearTimeout(this.#timer)
    this.stale = false
    this.#timer = setTimeout(() => {
      this.stale = true
    }, PATIENCE_MS)
  }

  #settle(): void {
    this.waiting = false
    clearTimeout(this.#timer)
    this.stale = false
    this.progress = undefined
  }

  #clear(): void {
    this.#settle()
    this.forget()
    this.error = undefined
  }
}
