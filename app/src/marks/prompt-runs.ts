import type { TokenView } from '../../../src/service/verbs.ts'

/** A stretch of the prompt that one token covers; `token` is −1 where no token is known yet. */
export interface Run {
  readonly token: number
  readonly pieces: readonly { readonly text: string; readonly mark: string | undefined }[]
}

const MARKS: Readonly<Record<string, string>> = { ' ': '·', '\n': '↵', '\t': '→', '\u00a0': '⍽' }

/** Characters as they are, so that a text field over them has the same lines; whitespace with the mark to draw on it. */
function pieces(text: string): Run['pieces'] {
  const out: { text: string; mark: string | undefined }[] = []
  for (const c of text) {
    const mark = MARKS[c]
    const last = out.at(-1)
    if (mark === undefined && last && last.mark === undefined) out[out.length - 1] = { ...last, text: last.text + c }
    else out.push({ text: c, mark })
  }
  return out
}

/** The whole text as the stretches of its tokens; tokens that share a character are one stretch. */
export function promptRuns(text: string, tokens: readonly TokenView[]): Run[] {
  const runs: Run[] = []
  let at = 0
  const put = (token: number, to: number): void => {
    if (to > at) runs.push({ token, pieces: pieces(text.slice(at, to)) })
    at = Math.max(at, to)
  }
  for (const [i, { span }] of tokens.entries()) {
    if (!span || span[0] === span[1]) continue
    put(-1, Math.min(span[0], text.length))
    put(i, Math.min(span[1], text.length))
  }
  put(-1, text.length)
  return runs
}

/** The tokens that a selection of the text touches; a bare cursor belongs to the token before it. */
export const tokensUnder = (tokens: readonly TokenView[], from: number, to: number): number[] =>
  tokens.flatMap(({ span }, i) => {
    if (!span || span[0] === span[1]) return []
    const touched = from === to ? span[0] < from && from <= span[1] : span[0] < to && from < span[1]
    return touched ? [i] : []
  })
