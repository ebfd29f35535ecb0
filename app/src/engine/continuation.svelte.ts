import { untrack } from 'svelte'
import type { Client } from '../../../src/service/client.ts'
import type { EditInput } from '../../../src/words/edit.ts'
import { type Draw, drawnAt, drawOf } from '../state/state.ts'

type Asked = Draw & { readonly model: string }

/** Long enough to show where two texts part, short enough to come within a second or two. */
const TOKENS = 24
/** A pause of the hands before a continuation is worth its while. */
const PAUSE_MS = 350

export interface Side {
  readonly text: string
  readonly done: boolean
}

/** The text's continuation without the edits and with them; begins again when prompt or edits have come to rest. */
export class Continuation {
  before = $state.raw<Side>({ text: '', done: false })
  after = $state.raw<Side | undefined>()
  error = $state.raw<string>()
  /** Whether what stands here belongs to an earlier state. */
  stale = $state(false)
  readonly tokens = TOKENS
  #key = ''
  #due = false
  #abort: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Begins once the next token is there (`waiting` is false): of a long text both are whole passes, in two processes. */
  follow(
    client: Client | undefined,
    ids: readonly number[],
    edits: readonly EditInput[],
    asked: Asked,
    waiting: boolean,
  ): void {
    const key = JSON.stringify([asked.model, drawOf(asked), ids, edits])
    // What failed is tried again with the next answer that comes.
    const failed = untrack(() => this.error !== undefined)
    if (!client) return
    if (key !== this.#key || failed) {
      this.#key = key
      this.#abort?.abort()
      clearTimeout(this.#timer)
      this.error = undefined
      this.#due = ids.length > 0
      this.stale = this.#due
      if (!this.#due) {
        this.before = { text: '', done: false }
        this.after = undefined
      }
    }
    if (waiting || !this.#due) return
    this.#due = false
    this.#timer = setTimeout(() => void this.#run(client, ids, edits, asked), PAUSE_MS)
  }

  async #run(client: Client, ids: readonly number[], edits: readonly EditInput[], asked: Asked): Promise<void> {
    const { model } = asked
    const abort = new AbortController()
    this.#abort = abort
    const sides = { before: { text: '', done: false }, after: { text: '', done: false } }
    const edited = edits.length > 0
    try {
      const draw = { ...drawOf(asked), temperature: drawnAt(asked) }
      const params = { ids: [...ids] as [number, ...number[]], edits: [...edits], maxTokens: TOKENS, ...draw }
      for await (const piece of client.stream('generate', params, { signal: abort.signal, model })) {
        if (abort.signal.aborted) return
        const side = sides[piece.side]
        sides[piece.side] = 'end' in piece ? { ...side, done: true } : { ...side, text: side.text + piece.text }
        this.before = sides.before
        this.after = edited ? sides.after : undefined
        this.error = undefined
        this.stale = false
      }
    } catch (error) {
      if (!abort.signal.aborted) this.error = error instanceof Error ? error.message : String(error)
    }
  }
}
