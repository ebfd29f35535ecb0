import type { Command } from 'commander'
import { HeadwiseError, type OnProgress } from '../words/error.ts'
import type { Style } from './terminal/style.ts'

/** What a command works with: where it speaks, how that looks, and whether it was asked to stop. */
export interface Context {
  readonly signal: AbortSignal
  /** How standard output may look. */
  readonly style: Style
  /** Result text, on standard output. */
  readonly print: (text: string) => void
  /** A sentence for the user, on standard error. */
  readonly note: (text: string) => void
  readonly progress: OnProgress
}

/** Declares a command's arguments and options, and what it does. */
export type Define = (command: Command, context: Context) => Command

/** Ends the command as failed after its result was printed. */
export const failed = (message: string, code: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code, fault: 'failed', found, allowed })
