import type { Workbench } from '../state/store.svelte.ts'

/** The query and key under the pointer or the keyboard's cursor, else those that were chosen: text and patterns share it. */
export class Pointer {
  readonly #bench: Workbench

  constructor(bench: Workbench) {
    this.#bench = bench
  }
  get key(): number | undefined {
    return this.#bench.edge?.key
  }
  /** In a text with several queries chosen there is a key without a query; with several keys, a query without a key. */
  get query(): number | undefined {
    return this.#bench.edge?.query
  }
  at(key: number | undefined, query?: number): void {
    this.#bench.pointed = key === undefined && query === undefined ? undefined : { key, query }
  }
}
