#!/usr/bin/env node
import { type Fault, HeadwiseError, printable } from '../words/error.ts'
import type { Context } from './context.ts'
import { runProgram } from './program.ts'
import { progressLine } from './terminal/progress.ts'
import { styleOf } from './terminal/style.ts'
import { forTerminal } from './terminal/text.ts'

const EXIT: Readonly<Record<Fault, number>> = { usage: 2, data: 65, failed: 1, interrupted: 130 }

/** One sentence for people, and the exit code. */
function judge(error: unknown): { sentence: string; code: number } {
  if (error instanceof HeadwiseError) return { sentence: error.message, code: EXIT[error.fault] }
  // What breaks because it was told to stop (a pipe that is being read, say) was interrupted.
  if (stop.signal.aborted) return { sentence: 'The work was interrupted.', code: EXIT.interrupted }
  const what = printable(error instanceof Error ? `${error.name}: ${error.message}` : error)
  const how =
    'please report it with the command and what `headwise doctor --json` prints (HEADWISE_DEBUG=1 shows the trace)'
  return { sentence: `headwise made a mistake of its own (${what}); ${how}.`, code: EXIT.failed }
}

const args = process.argv.slice(2)
const stop = new AbortController()
const line = progressLine(process.stderr)

process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(EXIT.interrupted)
  stop.abort()
})
process.on('SIGTERM', () => stop.abort())
// A reader that has seen enough, as in `headwise … | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed))
process.stderr.on('error', () => undefined)

const context: Context = {
  signal: stop.signal,
  style: styleOf(process.stdout, process.env, !args.includes('--no-color')),
  print: text => {
    line.clear()
    process.stdout.write(forTerminal(text))
  },
  note: text => {
    line.clear()
    process.stderr.write(`${printable(text, 2000)}\n`)
  },
  progress: line.report,
}

try {
  await runProgram(args, context)
} catch (error) {
  line.clear()
  const { sentence, code } = judge(error)
  process.stderr.write(`headwise: ${sentence}\n`)
  if (process.env.HEADWISE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exitCode = code
}
line.clear()
