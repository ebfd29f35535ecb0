import { throwIfAborted } from '../words/error.ts'

/** Whether the work is done within the time (ms); what it throws within it is thrown. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let clock: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    clock = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(clock)
  }
}

/** The work's result, or `interrupted` as soon as the signal says so, whatever becomes of the work. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfAborted(signal)
  let stop = (): void => undefined
  const aborted = new Promise<void>(resolve => {
    stop = resolve
    signal?.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted.then(() => throwIfAborted(signal)).then(() => work)])
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
