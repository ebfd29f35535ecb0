import type { OnProgress } from '../../words/error.ts'
import { bar } from './table.ts'
import { cut, padEnd } from './text.ts'
import { duration } from './units.ts'

/** Work that is over sooner is not worth a line. */
const QUIET_MS = 2000
const REDRAW_MS = 100
const SPARSE_MS = 10_000
const BAR = 24

export interface ProgressLine {
  readonly report: OnProgress
  /** Takes the line away again, before anything else is printed. */
  clear(): void
}

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/**
 * Tells how far long work has come, with the time left, on anything over two seconds: one line that redraws itself on
 * a terminal, a line every ten seconds elsewhere. `now` gives milliseconds.
 */
export function progressLine(stream: Stream, now: () => number = () => performance.now()): ProgressLine {
  let current = ''
  let start = 0
  let first = 0
  let last = 0
  let drawn = false
  const clear = (): void => {
    if (drawn) stream.write('\r\u001b[K')
    drawn = false
  }
  const report: OnProgress = ({ what, done, total }) => {
    const time = now()
    if (what !== current || done < first) {
      current = what
      start = time
      first = done
      last = Number.NEGATIVE_INFINITY
    }
    const spent = time - start
    const since = time - last
    if (spent < QUIET_MS || total <= 0 || since < (stream.isTTY ? REDRAW_MS : SPARSE_MS)) return
    last = time
    const left = done > first ? `, ${duration((spent * (total - done)) / (done - first))} left` : ''
    const text = `${what} ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}${left}`
    if (!stream.isTTY) return void stream.write(`${text}\n`)
    const line = `${padEnd(bar(done / total, BAR), BAR)} ${text}`
    stream.write(`\r\u001b[K${cut(line, (stream.columns ?? 80) - 1)}`)
    drawn = true
  }
  return { report, clear }
}
