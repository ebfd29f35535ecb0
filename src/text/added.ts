/** A token that is found in the text before anything else is done to it. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Control tokens; those without it are ordinary text that happens to be one token. */
  readonly special: boolean
  /** Looked for in the normalised text instead of the given one. */
  readonly normalised: boolean
  /** Only where no word character stands beside it. */
  readonly singleWord: boolean
  /** Swallows the white space before it, after it. */
  readonly leftStrip: boolean
  readonly rightStrip: boolean
}

/** A stretch of text between added tokens, or one of them. `start` is in UTF-16 units of the text that was split. */
export type Segment = { readonly text: string; readonly start: number } | { readonly id: number }

/** Whether a found token counts: its place in the text decides, where parts of it must stay plain. */
export type Accept = (token: AddedToken, start: number, end: number) => boolean

interface Node {
  token: AddedToken | undefined
  readonly next: Map<number, Node>
}

/** Finds added tokens, the leftmost first and the longest at one place, as Hugging Face tokenizers does. */
export class AddedTokens {
  readonly #root: Node = { token: undefined, next: new Map() }
  readonly empty: boolean

  /** `entries`: the text to look for (already normalised, where that is what is searched) and its token. */
  constructor(entries: readonly (readonly [string, AddedToken])[]) {
    this.empty = entries.length === 0
    for (const [text, token] of entries) {
      let node = this.#root
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        let child = node.next.get(unit)
        if (child === undefined) {
          child = { token: undefined, next: new Map() }
          node.next.set(unit, child)
        }
        node = child
      }
      node.token ??= token
    }
  }

  /**
   * A token that `accept` refuses becomes text. With `resume` the search goes on one character later, not behind it,
   * so that what is refused cannot hide what is not.
   */
  split(text: string, accept: Accept, resume: boolean): Segment[] {
    const segments: Segment[] = []
    let done = 0
    for (let at = 0; at < text.length; ) {
      const token = this.#longest(text, at)
      if (token === undefined) {
        at++
        continue
      }
      const end = at + token.found
      if (token.token.singleWord && (wordEnds(text.slice(0, at)) || wordStarts(text.slice(end)))) {
        at = end
        continue
      }
      if (!accept(token.token, at, end)) {
        at = resume ? at + 1 : end
        continue
      }
      const from = token.token.leftStrip ? Math.max(done, spaceBefore(text, at)) : at
      const to = token.token.rightStrip ? spaceAfter(text, end) : end
      if (from > done) segments.push({ text: text.slice(done, from), start: done })
      segments.push({ id: token.token.id })
      done = to
      at = Math.max(to, end)
    }
    if (done < text.length) segments.push({ text: text.slice(done), start: done })
    return segments
  }

  #longest(text: string, at: number): { token: AddedToken; found: number } | undefined {
    let node: Node | undefined = this.#root
    let best: { token: AddedToken; found: number } | undefined
    for (let i = at; node !== undefined && i < text.length; ) {
      node = node.next.get(text.charCodeAt(i++))
      if (node?.token !== undefined) best = { token: node.token, found: i - at }
    }
    return best
  }
}

const SPACE = /\p{White_Space}/u
const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]'
const wordEnds = (text: string): boolean => new RegExp(`${WORD}$`, 'u').test(text.slice(-2))
const wordStarts = (text: string): boolean => new RegExp(`^${WORD}`, 'u').test(text.slice(0, 2))

function spaceBefore(text: string, at: number): number {
  while (at > 0 && SPACE.test(text[at - 1] as string)) at--
  return at
}

function spaceAfter(text: string, at: number): number {
  while (at < text.length && SPACE.test(text[at] as string)) at++
  return at
}
