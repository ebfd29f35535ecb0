import type { Theme } from '../figures/colour.ts'
import { HeadwiseError } from '../words/error.ts'
import type { Shown } from './draw.ts'
import { rowWords, still } from './draw.ts'
import { interactive } from './interactive.ts'
import { toHtml } from './markup.ts'
import { type PatternInput, readPattern } from './pattern.ts'
import { JUPYTER, type View } from './view.ts'

/** The part of a `run` result that the view reads: its token ids. */
export type RunInput =
  | { readonly tokens: readonly number[] }
  | { readonly runs: readonly { readonly tokens: readonly number[] }[] }

export interface AttentionViewOptions {
  /** Texts of the tokens; without them their ids stand there. */
  readonly texts?: readonly string[]
  /** The head that is shown first, `6.5`; default the first that is here. */
  readonly head?: string
  /** The position whose attention is shown first; default the last. */
  readonly query?: number
  /** Which prompt of a result of several, from 0; default 0. */
  readonly prompt?: number
  /** Default light in a notebook, and the visitor's choice in a page. */
  readonly theme?: Theme['name']
}

/**
 * Draws the tokens of a result tinted by what a head attends to, and the head’s pattern. `run` is what
 * `headwise run --json` prints, `pattern` what it captures with `--capture pattern`: [layer, head, T, T], each row
 * sums to at most 1. Throws `view-pattern` and `view-tokens` where the two do not belong together.
 */
export function attentionView(run: RunInput, pattern: PatternInput, o: AttentionViewOptions = {}): View {
  const prompt = o.prompt ?? 0
  const ids = 'runs' in run ? (run.runs[prompt]?.tokens ?? []) : run.tokens
  const patterns = readPattern(pattern, prompt)
  const tokens = o.texts ?? ids.map(String)
  if (ids.length !== patterns.time || tokens.length !== ids.length)
    throw wrong(`The pattern is of ${patterns.time} tokens; the result has ${ids.length}, the texts ${tokens.length}.`)
  const query = o.query ?? patterns.time - 1
  if (!(Number.isInteger(query) && query >= 0 && query < patterns.time))
    throw wrong(`query is ${query}; the text has the positions 0 to ${patterns.time - 1}.`)
  const head = o.head ?? patterns.heads[0]!
  patterns.of(head)
  const shown = (theme: Theme['name']): Shown => ({ patterns, tokens, head, query, theme })
  const html = (): string => toHtml(still(shown(o.theme ?? 'light')))
  return {
    node: (page = document) => {
      const dark = page.defaultView?.matchMedia('(prefers-color-scheme: dark)').matches === true
      return interactive(shown(o.theme ?? (dark ? 'dark' : 'light')), page)
    },
    toHtml: html,
    [JUPYTER]: () => ({ 'text/html': html(), 'text/plain': rowWords(shown('light')) }),
  }
}

const wrong = (message: string): HeadwiseError => new HeadwiseError(message, { code: 'view-tokens', where: 'tokens' })
