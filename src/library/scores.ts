import { findDetector } from '../heads/detectors/index.ts'
import { scoreHeads } from '../heads/scores.ts'
import { HeadwiseError, type Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Opened } from './open.ts'
import { randomRepeats } from './random-repeats.ts'
import { specFor } from './spec.ts'

export interface ScoreOptions extends Watch {
  /** Token ids; default 4 sequences of 50 random tokens said twice. */
  readonly prompts?: readonly (readonly number[])[]
  readonly seed?: number
}

/** One grid [layer, head] for each detector, in the order asked for. */
export async function scoreGrids(opened: Opened, ids: readonly string[], o: ScoreOptions): Promise<Grid[]> {
  const wanted = ids.map(findDetector)
  const { layers, heads } = opened.engine.config
  const seed = o.seed ?? 0
  const tokenizer = await opened.tokenizer()
  const prompts = o.prompts ?? randomRepeats(tokenizer, opened.engine.config.vocab, seed)
  const facts = prompts.map(p => ({
    ids: p,
    tokenText: (id: number) => tokenizer.tokenText(id),
    specialIds: tokenizer.specialIds,
  }))
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
      method: { id: d.id, version: 1, parameters: {} },
    })
    grids.push(headGrid({ values, prompts: n, layers, heads, metric: d.metric, seed }, spec))
  }
  return grids
}
