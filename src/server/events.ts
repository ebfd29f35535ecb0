import type { JobEvent } from './jobs.ts'

/** Between signs of life (ms) on a stream that has nothing to tell. */
const ALIVE = 15_000

const kindOf = (event: JobEvent): string => Object.keys(event).find(k => k !== 'id')!

const written = (event: JobEvent): string => {
  const kind = kindOf(event)
  return `id: ${event.id}\nevent: ${kind}\ndata: ${JSON.stringify(event[kind as never])}\n\n`
}

/**
 * Server-sent events, taken from their source only as fast as the client reads. A client that is gone is noticed by
 * `stop`.
 */
export function eventStream(source: AsyncGenerator<JobEvent>, stop: AbortController): ReadableStream<Uint8Array> {
  const text = new TextEncoder()
  let next: Promise<IteratorResult<JobEvent>> | undefined
  return new ReadableStream<Uint8Array>(
    {
      pull: async controller => {
        next ??= source.next()
        let clock: NodeJS.Timeout | undefined
        const quiet = new Promise<undefined>(resolve => {
          clock = setTimeout(() => resolve(undefined), ALIVE)
        })
        const come = await Promise.race([next, quiet])
        clearTimeout(clock)
        if (!come) return controller.enqueue(text.encode(': alive\n\n'))
        next = undefined
        if (come.done) controller.close()
        else controller.enqueue(text.encode(written(come.value)))
      },
      cancel: () => stop.abort(),
    },
    { highWaterMark: 1 },
  )
}
