import type { Workbench } from '../state/store.svelte.ts'

/** The query and key under the pointer or the keyboard's cursor, wherever that is: text and patterns share it. */
export class Pointer {
  /** In a text with several queries chosen there is a key without a query. */
  query = $state<number>()
  readonly #bench: Workbench

  constructor(bench: Workbench) {
    this.#bench = bench
  }
  get key(): number | undefined {
    return this.#bench.pointedKey
  }
  at(key: number | undefined, query?: number): void {
    this.#bench.pointedKey = key
    this.query = query
  }
}
