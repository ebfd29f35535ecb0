import { checkTokens } from '../runs/batch.ts'
import type { ReadyEdit } from '../runs/edits.ts'
import type { Engine } from '../runs/engine.ts'
import { type EditContext, plannedEdits, readyEdits } from '../runs/values.ts'
import type { NDArray } from '../words/arrays.ts'
import type { Edit } from '../words/edit.ts'
import type { Watch } from '../words/error.ts'
import { Kept } from './kept.ts'
import { Pass } from './pass.ts'

/** Bytes of passes that are kept for the next question, and how many: memory stays flat however long one drags. */
const KEPT_BYTES = 192 * 2 ** 20
const MOST_CLEAN = 4
const MOST_EDITED = 3
const VALUE_BYTES = 64 * 2 ** 20

/** The passes over the sequences that are looked at now, each computed once. */
export class Passes {
  readonly #clean = new Kept<Pass>(KEPT_BYTES, p => p.bytes, MOST_CLEAN)
  readonly #edited = new Kept<Pass>(KEPT_BYTES, p => p.bytes, MOST_EDITED)
  /** Values that edits take from clean runs: the mean of a head, a patch. */
  readonly #values = new Kept<NDArray<'f32'>>(VALUE_BYTES, v => v.data.byteLength)

  constructor(
    readonly engine: Engine,
    readonly context: EditContext,
  ) {}

  async clean(ids: readonly number[], watch: Watch = {}): Promise<Pass> {
    return await this.#clean.get(`${ids}`, () => {
      checkTokens(ids, this.engine.config.vocab)
      this.engine.extent(ids.length)
      return Pass.make(this.engine, ids, [], undefined, watch)
    })
  }

  /** The pass with edits; the clean one where there are none. */
  async edited(ids: readonly number[], edits: readonly Edit[], watch: Watch = {}): Promise<Pass> {
    const clean = await this.clean(ids, watch)
    if (edits.length === 0) return clean
    return await this.#edited.get(`${ids}|${JSON.stringify(edits)}`, async () => {
      const ready = await this.#ready(ids, edits, watch.signal)
      return await Pass.make(this.engine, ids, ready, clean, watch)
    })
  }

  /** Edits with their values; a value from a clean run is computed when an edit asks for it first. */
  async #ready(ids: readonly number[], edits: readonly Edit[], signal?: AbortSignal): Promise<ReadyEdit[]> {
    const { engine, context } = this
    const planned = (await plannedEdits(engine, [{ ids, edits }], context)).edits[0]!
    const ready: ReadyEdit[] = []
    for (const [i, edit] of edits.entries()) {
      if (edit.do !== 'mean' && edit.do !== 'patch') {
        ready.push(planned[i]!)
        continue
      }
      // Which heads take the value is no part of it.
      const { heads: _h, groups: _g, positions: _p, ...source } = edit
      const value = await this.#values.get(`${ids}|${JSON.stringify(source)}`, async () => {
        const [[made] = []] = await readyEdits(engine, [{ ids, edits: [edit] }], context, signal)
        return made!.value!
      })
      ready.push({ edit, value })
    }
    return ready
  }
}
