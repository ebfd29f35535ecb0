import {
  bestOffset,
  edgeMeasures,
  isWanted,
  MEASURES,
  type SyntaxEdge,
  syntaxEdges,
} from '../../../src/heads/syntax.ts'
import { type Parse, placeWords } from '../../../src/text/parse.ts'
import { wordTokens } from '../../../src/text/word-tokens.ts'
import { type Head, headName } from '../state/head.ts'
import type { Workbench } from '../state/store.svelte.ts'
import type { Live } from './live.svelte.ts'

/** An edge of the parse as it is drawn and told of. */
export interface ShownEdge {
  /** Words of the parse, from 0. */
  readonly head: number
  readonly dependent: number
  readonly relation: string
  /** Undefined where both words are in one token. */
  readonly edge: SyntaxEdge | undefined
  /** In each of the chosen heads; empty until their patterns are there. */
  readonly shares: readonly number[]
  /** Whether the later word attends to no other earlier word as much, in each head: 1, 0, or a part of 1. */
  readonly hits: readonly number[]
  /** The mean share over the heads. */
  readonly mean: number | undefined
}

/** What the chosen heads do along the edges of the prompt's parse, from the patterns that the page has. */
export class Syntax {
  readonly #bench: Workbench
  readonly #live: Live
  /** The edge that is pointed at, by its dependent. */
  pointed = $state<number>()

  constructor(bench: Workbench, live: Live) {
    this.#bench = bench
    this.#live = live
  }

  readonly parse: Parse | undefined = $derived.by(() => this.#bench.state.parse)

  /** The tokens of each word; or why there are none. */
  readonly aligned: { readonly tokens: readonly (readonly number[])[] } | { readonly fault: string } | undefined =
    $derived.by(() => {
      const { prompt } = this.#bench.state
      const tokens = this.#live.tokens.value?.tokens
      if (!this.parse || !tokens || !('text' in prompt)) return undefined
      const spans = tokens.flatMap(t => t.span ?? [])
      try {
        const all = spans.length === 2 * tokens.length ? tokens.map(t => t.span!) : undefined
        return { tokens: wordTokens(prompt.text, this.parse, all) }
      } catch (error) {
        return { fault: error instanceof Error ? error.message : String(error) }
      }
    })

  readonly tokens: readonly (readonly number[])[] | undefined = $derived.by(() =>
    this.aligned && 'tokens' in this.aligned ? this.aligned.tokens : undefined,
  )

  /** The token that holds the middle of each word, and where in the token that is, from 0 to 1. */
  readonly anchors: readonly { readonly token: number; readonly part: number }[] = $derived.by(() => {
    const { prompt } = this.#bench.state
    const all = this.#live.tokens.value?.tokens ?? []
    const { parse, tokens } = this
    if (!parse || !tokens || !('text' in prompt)) return []
    const places = placeWords(prompt.text, parse)
    if (!('spans' in places)) return []
    return places.spans.map(([start, end], word) => {
      const middle = (start + end) / 2
      const own = tokens[word]!
      const token = own.find(t => (all[t]?.span?.[1] ?? 0) >= middle) ?? own[0]!
      const [from, to] = all[token]?.span ?? [start, end]
      return { token, part: to > from ? Math.min(1, Math.max(0, (middle - from) / (to - from))) : 0.5 }
    })
  })

  /** The patterns of the chosen heads, where they are here whole and of these tokens. */
  readonly #patterns: { readonly data: Float32Array; readonly time: number; readonly heads: number } | undefined =
    $derived.by(() => {
      const { value, key } = this.#live.patterns
      const [heads = 0, time = 0] = value?.pattern.shape ?? []
      if (!value || key === undefined || time !== this.#live.ids.length) return undefined
      const asked = (JSON.parse(key) as unknown[]).at(-1) as readonly Head[]
      return asked.map(headName).join() === this.#live.heads.map(headName).join()
        ? { data: value.pattern.data, time, heads }
        : undefined
    })

  /** Edges between words of different tokens, of the relation that is shown. */
  readonly measured: readonly SyntaxEdge[] = $derived.by(() => {
    const { relation } = this.#bench.state
    return this.parse && this.tokens
      ? syntaxEdges(this.parse, this.tokens, relation === undefined ? undefined : [relation])
      : []
  })

  readonly edges: readonly ShownEdge[] = $derived.by(() => {
    const { parse, tokens, measured } = this
    const { relation } = this.#bench.state
    if (!parse || !tokens) return []
    const patterns = this.#patterns
    const heads = patterns
      ? Array.from({ length: patterns.heads }, (_, h) =>
          edgeMeasures({ ...patterns, start: h * patterns.time ** 2 }, tokens, measured),
        )
      : []
    const places = new Map(measured.map((edge, i) => [edge.dependent, { edge, i }]))
    return parse.flatMap((word, dependent): ShownEdge[] => {
      if (word.head === 0 || (relation !== undefined && !isWanted(word.relation, [relation]))) return []
      const place = places.get(dependent)
      const of = (measure: number) => (place ? heads.map(h => h[place.i * MEASURES.length + measure]!) : [])
      const shares = of(0)
      return [
        {
          head: word.head - 1,
          dependent,
          relation: word.relation,
          edge: place?.edge,
          shares,
          hits: of(1),
          mean: shares.length > 0 ? shares.reduce((s, x) => s + x, 0) / shares.length : undefined,
        },
      ]
    })
  })

  readonly offset = $derived.by(() => (this.measured.length > 0 ? bestOffset(this.measured) : undefined))
}
