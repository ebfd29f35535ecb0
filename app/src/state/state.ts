import type { EntrySite } from '../../../src/results/pattern-grid.ts'
import type { Parse } from '../../../src/text/parse.ts'
import type { Line } from './change.ts'
import type { Head } from './head.ts'
import type { PartShown } from './part.ts'

/** What the model reads: a text, or token ids to which nothing is added. */
export type Prompt = { readonly text: string } | { readonly ids: readonly number[] }

/** On what a score is taken: random sequences said twice (several, with an interval), or the prompt on the page. */
export type Ground = 'repeats' | 'prompt'

/** Layers down and heads across, or the heads of each layer by falling score. */
export type Order = 'home' | 'score'

/** What a cell of the map shows: its score as colour, or what the head attends to on the prompt as a picture. */
export type MapCells = 'score' | 'patterns'
/** What colours the tokens of the text: what is attended to, or what each token does to the next one. */
export type Tint = 'attention' | 'effect'
/** How two scores are shown: as two maps, or every head as a point. */
export type Chart = 'maps' | 'points'

/** Everything that the page shows is a function of this; the address holds it in words. */
export interface State {
  readonly model: string
  readonly prompt: Prompt
  /** The chosen heads; the last one is in focus. */
  readonly heads: readonly Head[]
  /** The query positions whose attention is shown; none: the last position. */
  readonly queries: readonly number[]
  /** The key that was chosen with the last query: the edge that is told of while nothing is pointed at. */
  readonly key?: number
  readonly score: string
  /** A second score beside the first. */
  readonly beside?: string
  readonly chart: Chart
  readonly ground: Ground
  readonly cells: MapCells
  readonly order: Order
  /** Scores outside this range are dimmed. */
  readonly range?: readonly [number, number]
  /** Only so many heads of the largest scores are not dimmed; never beside a range. */
  readonly top?: number
  readonly edits: readonly Line[]
  /** Whether the text shows what attends to the chosen positions, instead of what they attend to. */
  readonly incoming: boolean
  /** The share of attention at the dark end of the scale of text and patterns. */
  readonly full: number
  /** Smallest share that has an arc. */
  readonly arcs: number
  readonly tint: Tint
  /** Whether the first token is left out of the text's tints and arcs and of the patterns. */
  readonly leaveFirst: boolean
  /** What the patterns show: shares of attention, or the scores that these are made of. */
  readonly site: EntrySite
  /** The part of the patterns that is shown: first query, first key, tokens a side; undefined: all. */
  readonly window?: readonly [query: number, key: number, tokens: number]
  /** Routes through the layers: the least contribution that is drawn; undefined: not shown. */
  readonly routes?: number
  /** What is read through the unembedding in place of the chosen heads. */
  readonly writes?: PartShown
  /** What the logits are divided by; undefined: the model's own probabilities, and the likeliest token each time. */
  readonly temperature?: number
  /** The continuation is drawn among so many of the likeliest tokens, and of these among those that hold this share. */
  readonly topK?: number
  readonly topP?: number
  /** The dependency parse of the prompt's words, by whoever visits. */
  readonly parse?: Parse
  /** The one relation of the parse that is shown; undefined: all. */
  readonly relation?: string
  /** The step of the tour, from 1. */
  readonly tour?: number
}

/** Characters of the longest prompt: in an address each may take nine, and browsers take two million of them. */
export const MOST_TEXT = 200_000

export const FIRST_PROMPT = 'One day Lily found a shiny key. Ben lost the shiny'

/** The first visit: nothing touched. */
export const initial: State = {
  model: 'specimen',
  prompt: { text: FIRST_PROMPT },
  heads: [{ layer: 6, head: 5 }],
  queries: [],
  score: 'induction',
  chart: 'maps',
  ground: 'repeats',
  cells: 'score',
  order: 'home',
  edits: [],
  incoming: false,
  full: 1,
  arcs: 0.05,
  tint: 'attention',
  leaveFirst: false,
  site: 'pattern',
}

/** Least contributions of routes that one can choose. */
export const LEAST_ROUTES = [0.08, 0.04, 0.02, 0.01] as const

/** The temperatures that one can choose, from nearly the likeliest token alone to nearly any. */
export const TEMPERATURES = { min: 0.05, max: 10 } as const
export const isTemperature = (t: number): boolean => t >= TEMPERATURES.min && t <= TEMPERATURES.max

/** The limits of a draw that one can choose: whole numbers from 1, shares above 0 and below all. */
export const MOST_TOP_K = 99_999
export const isTopK = (k: number): boolean => Number.isInteger(k) && k >= 1 && k <= MOST_TOP_K
export const isTopP = (p: number): boolean => p > 0 && p < 1

/** How the next token is drawn. */
export type Draw = Pick<State, 'temperature' | 'topK' | 'topP'>

/** Where anything of it is chosen one draws, at temperature 1 unless another is chosen; else the likeliest is taken. */
export const drawnAt = ({ temperature, topK, topP }: Draw): number =>
  temperature ?? (topK === undefined && topP === undefined ? 0 : 1)

/** The parts of a draw that are chosen. */
export const drawOf = ({ temperature, topK, topP }: Draw): Draw => ({
  ...(temperature === undefined ? {} : { temperature }),
  ...(topK === undefined ? {} : { topK }),
  ...(topP === undefined ? {} : { topP }),
})

/** One text for one prompt. */
export const promptKey = (p: Prompt): string => ('text' in p ? `text:${p.text}` : `ids:${p.ids.join()}`)

export const focusOf = (state: State): Head => state.heads.at(-1) ?? { layer: 0, head: 0 }
