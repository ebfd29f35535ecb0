import type {
  AblateResult,
  ChangesResult,
  Info,
  NextResult,
  NextToken,
  ScoresResult,
  SyntaxResult,
} from '../../../src/service/verbs.ts'
import type { HeadwiseError } from '../../../src/words/error.ts'
import type { Grid } from '../../../src/words/grid.ts'
import { changeScore, effectScore, type MapScore, scoreOf } from '../marks/map-score.ts'
import { tokenLabel } from '../marks/token-text.ts'
import { SYNTAX } from '../state/parse.ts'
import type { Ground, State } from '../state/state.ts'
import type { NextEffect } from './next-effect.ts'

/** What a choice of score is called, and what it needs. */
export interface ScoreChoice {
  readonly id: string
  readonly name: string
}

const EFFECTS: Readonly<Record<string, string>> = {
  'ablate-zero': 'effect on the loss (zero)',
  'ablate-mean': 'effect on the loss (mean)',
}
const CHANGES = 'changes'
export const NEXT = 'ablate-next'
/** Whether a score means something on the page's own prompt only. */
export const onPromptOnly = (id: string): boolean => id === CHANGES || id === NEXT || id === SYNTAX
/** Detectors whose number is no share of attention. */
const AMOUNTS: readonly string[] = ['entropy', 'distance']
const isDetector = (id: string): boolean => !Object.hasOwn(EFFECTS, id) && !onPromptOnly(id)

const NAMES: Readonly<Record<string, string>> = {
  induction: 'induction',
  previous: 'previous token',
  duplicate: 'duplicate token',
  sink: 'first token (sink)',
  entropy: 'entropy',
  delimiter: 'delimiters',
  self: 'itself',
  distance: 'distance',
  [NEXT]: 'effect on the next token',
  [SYNTAX]: 'syntax (dependency edges)',
  [CHANGES]: 'changed by the edits',
}
const nameOf = (id: string): string => (Object.hasOwn(NAMES, id) ? NAMES[id]! : (EFFECTS[id] ?? id))

/** All scores that the map can show, detectors first; one of them where there is a parse. */
export const scoreChoices = (info: Info | undefined, parsed: boolean): ScoreChoice[] =>
  [...(info?.detectors.map(d => d.id) ?? []), ...(parsed ? [SYNTAX] : []), NEXT, ...Object.keys(EFFECTS), CHANGES].map(
    id => ({
      id,
      name: nameOf(id),
    }),
  )

/** Which detectors are wanted on which ground. Removal on the random sequences needs these sequences. */
export function needsScores(
  { score, beside, ground }: State,
  known: readonly string[],
): { repeats: string[]; prompt: string[] } {
  const ids = [score, ...(beside === undefined ? [] : [beside])]
  const detectors = ids.filter(isDetector)
  const repeats = ids.some(id => Object.hasOwn(EFFECTS, id)) ? known.slice(0, 1) : []
  return ground === 'repeats' ? { repeats: [...detectors, ...repeats], prompt: [] } : { repeats: [], prompt: detectors }
}

/** An answer as far as the map cares. */
interface Said<T> {
  readonly value: T | undefined
  readonly error: HeadwiseError | undefined
  readonly stale: boolean
  readonly progress: { readonly what: string; readonly done: number; readonly total: number } | undefined
}
interface Sources {
  readonly info: { readonly value: Pick<Info, 'detectors'> | undefined }
  readonly next: { readonly value: Pick<NextResult, 'tokens'> | undefined }
  readonly repeats: Said<ScoresResult>
  readonly here: Said<ScoresResult>
  readonly effects: { readonly zero: Said<AblateResult>; readonly mean: Said<AblateResult> }
  readonly changes: Said<ChangesResult>
  readonly nextEffect: Said<NextEffect>
  readonly syntax: Said<SyntaxResult>
}

/** A score for the map, and the answer that it comes from. */
export interface Scored {
  readonly id: string
  readonly name: string
  /** What the number is, with its unit; known before the number is. */
  readonly metric: string
  /** False for what attention alone shows. */
  readonly causal: boolean
  readonly score: MapScore | undefined
  /** The result behind it, with its spec. */
  readonly grid: Grid | undefined
  readonly from: Said<unknown>
}

const leadMetric = ([first, second]: readonly Pick<NextToken, 'text'>[] = []): string =>
  `logit of ${tokenLabel(first?.text ?? '…')} minus that of ${tokenLabel(second?.text ?? '…')}, head removed (zero) minus as it is`

/** The score of that name, as far as the engine has come. */
export function mapScore(live: Sources, id: string, ground: Ground): Scored {
  const name = nameOf(id)
  const causal = !isDetector(id) && id !== SYNTAX
  if (id === CHANGES) {
    const from = live.changes
    const score = from.value && changeScore(from.value.z.data)
    return {
      id,
      name,
      metric: 'how far a head’s output moved, share of its length',
      causal,
      score,
      grid: undefined,
      from,
    }
  }
  if (id === NEXT) {
    const from = live.nextEffect
    const { value } = from
    const metric = leadMetric(value ? [value.first, value.second] : live.next.value?.tokens)
    return { id, name, metric, causal, score: value && effectScore(value.values), grid: undefined, from }
  }
  if (id === SYNTAX) {
    const from = live.syntax
    const [grid] = from.value?.grids ?? []
    const metric = grid?.metric ?? 'mean share of attention along dependency edges; interval over edges'
    return { id, name, metric, causal, score: grid && scoreOf(grid, 'amount'), grid, from }
  }
  if (Object.hasOwn(EFFECTS, id)) {
    const from = id === 'ablate-zero' ? live.effects.zero : live.effects.mean
    const grid = from.value?.grid
    return { id, name, metric: grid?.metric ?? name, causal, score: grid && scoreOf(grid, 'effect'), grid, from }
  }
  const from = ground === 'repeats' ? live.repeats : live.here
  const grid = from.value?.grids.find((g: Grid) => g.spec.request.method?.id === id)
  const metric = live.info.value?.detectors.find(d => d.id === id)?.metric ?? name
  const score = grid && scoreOf(grid, AMOUNTS.includes(id) ? 'amount' : 'share')
  return { id, name, metric, causal, score, grid, from }
}
