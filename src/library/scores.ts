import type { Detector, PromptFacts } from '../heads/detectors/detector.ts'
import { findDetector } from '../heads/detectors/index.ts'
import { scoreHeads } from '../heads/scores.ts'
import { HeadwiseError, type Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import { randomRepeats } from './random-repeats.ts'
import { specFor } from './spec.ts'

export interface ScoreOptions extends Watch {
  /** Token ids; default 4 sequences of 50 random tokens said twice. */
  readonly prompts?: readonly (readonly number[])[]
  readonly seed?: number
  /** Compare every score with attention to random keys: the grids then hold p, and q within each detector. */
  readonly null?: boolean
}

/** One grid [layer, head] for each detector, in the order asked for. */
export async function scoreGrids(opened: Opened, ids: readonly string[], o: ScoreOptions): Promise<Grid[]> {
  const wanted = ids.map(findDetector)
  if (wanted.length === 0)
    throw new HeadwiseError('No detector is named: give one or more.', {
      code: 'scores-empty',
      fault: 'usage',
      where: 'detectors',
      found: 0,
      allowed: '1 or more',
    })
  const { layers, heads } = opened.engine.config
  const seed = o.seed ?? 0
  const tokenizer = await opened.tokenizer()
  const prompts = o.prompts ?? randomRepeats(tokenizer, opened.engine.config.vocab, seed)
  const facts = prompts.map(p => ({
    ids: p,
    tokenText: (id: number) => tokenizer.tokenText(id),
    specialIds: tokenizer.specialIds,
  }))
  const nulls = o.null ? await nullsOf(opened, wanted, facts, seed, o) : undefined
  const scores = await scoreHeads(opened.engine, wanted, facts, o)
  const { headGrid } = await import('./head-grid.ts')
  const grids: Grid[] = []
  for (const d of wanted) {
    const { values, prompts: n } = scores.get(d.id)!
    if (n === 0)
      throw new HeadwiseError(
        `${d.id}: no prompt has a token that the detector looks at; give texts in which tokens repeat, or none for the default.`,
        {
          code: 'scores-empty',
          fault: 'usage',
          where: 'tokens',
          found: 0,
          allowed: 'texts with repeated tokens',
        },
      )
    const spec = await specFor(opened, {
      command: 'scores',
      prompts: prompts.map(p => ({ ids: p })),
      seed,
      method: { id: d.id, version: 1, parameters: nulls ? { null: { draws: nulls.draws } } : {} },
    })
    const measured = { values, prompts: n, layers, heads, metric: d.metric, seed }
    grids.push(headGrid({ ...measured, ...nulls?.byId.get(d.id) }, spec))
  }
  return displayedResult(grids)
}

/** p and q of every head under the random-key null of each detector. */
async function nullsOf(
  { engine }: Opened,
  wanted: readonly Detector[],
  prompts: readonly PromptFacts[],
  seed: number,
  { signal, onProgress }: Watch,
): Promise<{ draws: number; byId: ReadonlyMap<string, { p: Float64Array; q: Float64Array }> }> {
  const { NULL_DRAWS: draws, nullScores } = await import('../heads/null-scores.ts')
  const { benjaminiHochberg } = await import('../statistics/fdr.ts')
  const found = await nullScores(engine, wanted, prompts, { draws, seed, signal, onProgress })
  return { draws, byId: new Map([...found].map(([id, { p }]) => [id, { p, q: benjaminiHochberg(p) }])) }
}
