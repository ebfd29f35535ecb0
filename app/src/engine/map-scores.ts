import type { AblateResult, ChangesResult, Info, ScoresResult } from '../../../src/service/verbs.ts'
import type { HeadwiseError } from '../../../src/words/error.ts'
import type { Grid } from '../../../src/words/grid.ts'
import { changeScore, type MapScore, scoreOf } from '../marks/map-score.ts'
import type { Ground, State } from '../state/state.ts'

/** What a choice of score is called, and what it needs. */
export interface ScoreChoice {
  readonly id: string
  readonly name: string
}

const EFFECTS: Readonly<Record<string, string>> = {
  'ablate-zero': 'effect of removing it (zero)',
  'ablate-mean': 'effect of removing it (mean)',
}
const CHANGES = 'changes'
const isDetector = (id: string): boolean => !Object.hasOwn(EFFECTS, id) && id !== CHANGES

const NAMES: Readonly<Record<string, string>> = {
  induction: 'induction',
  previous: 'previous token',
  duplicate: 'duplicate token',
  sink: 'first token (sink)',
  entropy: 'entropy',
  delimiter: 'delimiters',
}
const nameOf = (id: string): string => (Object.hasOwn(NAMES, id) ? NAMES[id]! : (EFFECTS[id] ?? id))

/** All scores that the map can show, detectors first. */
export const scoreChoices = (info: Info | undefined): ScoreChoice[] =>
  [...(info?.detectors.map(d => d.id) ?? []), ...Object.keys(EFFECTS), CHANGES].map(id => ({
    id,
    name: id === CHANGES ? 'changed by the edits' : nameOf(id),
  }))

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
  readonly repeats: Said<ScoresResult>
  readonly here: Said<ScoresResult>
  readonly effects: { readonly zero: Said<AblateResult>; readonly mean: Said<AblateResult> }
  readonly changes: Said<ChangesResult>
}

/** A score for the map, and the answer that it comes from. */
export interface Scored {
  readonly id: string
  readonly name: string
  readonly score: MapScore | undefined
  /** The result behind it, with its spec. */
  readonly grid: Grid | undefined
  readonly from: Said<unknown>
}

/** The score of that name, as far as the engine has come. */
export function mapScore(live: Sources, id: string, ground: Ground): Scored {
  const name = nameOf(id)
  if (id === CHANGES) {
    const { value } = live.changes
    return {
      id,
      name: 'changed by the edits',
      score: value && changeScore(value.z.data),
      grid: undefined,
      from: live.changes,
    }
  }
  if (Object.hasOwn(EFFECTS, id)) {
    const from = id === 'ablate-zero' ? live.effects.zero : live.effects.mean
    return { id, name, score: from.value && scoreOf(from.value.grid, name, 'effect'), grid: from.value?.grid, from }
  }
  const from = ground === 'repeats' ? live.repeats : live.here
  const grid = from.value?.grids.find((g: Grid) => g.spec.request.method?.id === id)
  return { id, name, score: grid && scoreOf(grid, name, id === 'entropy' ? 'amount' : 'share'), grid, from }
}
