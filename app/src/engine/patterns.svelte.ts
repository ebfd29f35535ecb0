import type { EntrySite } from '../../../src/results/pattern-grid.ts'
import { cellsOf } from '../marks/pattern-cells.ts'
import { type Head, headName } from '../state/head.ts'
import type { Workbench } from '../state/store.svelte.ts'
import type { Live } from './live.svelte.ts'
import { PatternTiles, type Source } from './pattern-tiles.svelte.ts'

/** What entries are, of how many tokens; `key` is equal where all of it is. */
interface Whose {
  readonly key: string
  readonly site: EntrySite
  readonly time: number
}

/** The patterns of the chosen heads, or their scores, as tiles: cut here where they came whole, else asked for one by one. */
export class Patterns {
  /** By the head's name. */
  all = $state.raw<ReadonlyMap<string, PatternTiles>>(new Map())
  #keys = new Map<string, string>()
  readonly #bench: Workbench
  readonly #live: Live

  /** Follows the page's state as long as the component that makes it lives. */
  constructor(bench: Workbench, live: Live) {
    this.#bench = bench
    this.#live = live
    $effect(() => this.#follow())
  }

  of(head: Head): PatternTiles | undefined {
    return this.all.get(headName(head))
  }

  #follow(): void {
    const { heads } = this.#live
    const sources = this.#live.wholePatterns ? this.#whole() : this.#tiled()
    const next = new Map<string, PatternTiles>()
    const keys = new Map<string, string>()
    for (const head of heads) {
      const name = headName(head)
      const source = sources(head)
      const known = this.#known.get(name)
      if (source && source.key !== this.#keys.get(name)) next.set(name, new PatternTiles(source, known))
      else if (known) next.set(name, known)
      const key = source?.key ?? this.#keys.get(name)
      if (key !== undefined) keys.set(name, key)
    }
    this.#keys = keys
    this.#known = next
    this.all = next
  }
  /** The same as `all`, unseen by the effect that sets it. */
  #known: ReadonlyMap<string, PatternTiles> = new Map()

  #whole(): (head: Head) => (Source & Whose) | undefined {
    const { value, key } = this.#live.patterns
    if (!value || key === undefined) return () => undefined
    const [count = 0, time = 0] = value.pattern.shape
    const [site, asked] = (JSON.parse(key) as unknown[]).slice(-2) as [EntrySite, readonly Head[]]
    return head => {
      const i = asked.findIndex(h => headName(h) === headName(head))
      if (i < 0 || i >= count) return undefined
      const pattern = value.pattern.data.subarray(i * time * time, (i + 1) * time * time)
      return { key: `${key} ${headName(head)}`, site, time, here: place => cellsOf(site, pattern, time, place) }
    }
  }

  #tiled(): (head: Head) => (Source & Whose) | undefined {
    const { client, ids, edits } = this.#live
    const { model, site } = this.#bench.state
    const [first, ...rest] = ids
    if (!client || first === undefined) return () => undefined
    const sequence = { ids: [first, ...rest] as [number, ...number[]], edits: [...edits] }
    const key = JSON.stringify([model, site, sequence])
    return head => ({
      key: `${key} ${headName(head)}`,
      site,
      time: ids.length,
      ask: async place => {
        const { max } = await client.call('tile', { ...sequence, ...head, ...place, site }, { model })
        const [rows = 0, columns = 0] = max.shape
        return { rows, columns, data: max.data }
      },
    })
  }
}
