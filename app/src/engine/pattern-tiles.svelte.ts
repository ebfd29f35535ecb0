import { type EntrySite, NO_ENTRY } from '../../../src/results/pattern-grid.ts'
import { type Cells, entryIn, placeOf, sizeIn } from '../marks/pattern-cells.ts'
import { type Place, topLevel } from '../marks/pattern-view.ts'

/** Tiles that are kept; at 256 cells a side about 50 MiB. */
const KEPT = 192
/** Tiles asked for at once: the engine computes one at a time. */
const AT_ONCE = 2

const keyOf = ({ level, row, column }: Place): string => `${level}/${row}/${column}`

/** Where tiles come from: a matrix that is here whole, or the engine. */
export type Source = { readonly here: (place: Place) => Cells } | { readonly ask: (place: Place) => Promise<Cells> }

/** One pattern as tiles that are asked for when they are looked at; the newest wish is asked for first. */
export class PatternTiles {
  /** Grows with each tile that comes: what draws them reads it. */
  version = $state(0)
  error = $state.raw<string>()
  /** Whether something that was wished for has not come yet. */
  waiting = $state(false)
  readonly #tiles = new Map<string, Cells>()
  readonly #wishes = new Map<string, Place>()
  readonly #asked = new Set<string>()

  #behind: PatternTiles | undefined

  readonly time: number
  readonly site: EntrySite

  constructor(
    readonly source: Source & { readonly time: number; readonly site: EntrySite },
    /** What stood here before: shown where nothing newer is. */
    behind: PatternTiles | undefined,
  ) {
    this.time = source.time
    this.site = source.site
    this.#behind = behind?.time === this.time && behind.site === this.site ? behind : undefined
    // Only the last one is kept.
    if (behind) behind.#behind = undefined
  }

  /** The tile, where it is here; else it is asked for. */
  get(place: Place): Cells | undefined {
    const key = keyOf(place)
    const known = this.#tiles.get(key)
    if (known) return known
    if ('here' in this.source) {
      const cells = this.source.here(place)
      this.#keep(key, cells)
      return cells
    }
    if (!this.#asked.has(key)) {
      this.#wishes.delete(key)
      this.#wishes.set(key, place)
      void this.#work()
      this.#tell()
    }
    return undefined
  }

  /** The tile if it is here, however old. */
  peek(place: Place): Cells | undefined {
    return this.#tiles.get(keyOf(place)) ?? this.#behind?.peek(place)
  }

  /** One entry, where its tile is here; else it is asked for. */
  entry(query: number, key: number): number | undefined {
    if (key > query) return NO_ENTRY[this.site]
    const cells = this.get(placeOf(query, key))
    return cells && entryIn(cells, query, key)
  }

  /** The largest size of any entry, once it is known: every entry is in the coarsest tile or behind one that is. */
  get size(): number | undefined {
    void this.version
    const whole = { level: topLevel(this.time), row: 0, column: 0 }
    const cells = 'here' in this.source ? this.get(whole) : this.peek(whole)
    return cells && sizeIn(cells)
  }

  /** Wishes are made while the page draws, which must not change what it draws from: that follows. */
  #tell(): void {
    queueMicrotask(() => {
      this.waiting = this.#asked.size + this.#wishes.size > 0
    })
  }

  /** Wishes from before are forgotten: another part is looked at now. The coarsest tile stays wished for. */
  look(): void {
    this.#wishes.clear()
    this.#tell()
    this.get({ level: topLevel(this.time), row: 0, column: 0 })
  }

  async #work(): Promise<void> {
    if ('here' in this.source) return
    while (this.#asked.size < AT_ONCE && this.#wishes.size > 0) {
      const [key, place] = [...this.#wishes].at(-1)!
      this.#wishes.delete(key)
      this.#asked.add(key)
      try {
        this.#keep(key, await this.source.ask(place))
        this.error = undefined
      } catch (error) {
        this.error = error instanceof Error ? error.message : String(error)
      } finally {
        this.#asked.delete(key)
        this.version++
        this.#tell()
      }
    }
  }

  #keep(key: string, cells: Cells): void {
    this.#tiles.set(key, cells)
    for (const old of this.#tiles.keys()) {
      if (this.#tiles.size <= KEPT) break
      this.#tiles.delete(old)
    }
  }
}
