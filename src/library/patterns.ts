import { checkHeads, type Head } from '../heads/importance/head-set.ts'
import {
  type EntrySite,
  type PatternPart,
  patternGrid,
  patternLevel,
  standingEntries,
} from '../results/pattern-grid.ts'
import type { Grid } from '../words/grid.ts'
import type { Opened } from './open.ts'
import type { Prompt } from './prompts.ts'
import { type RunOptions, runPrompts } from './run.ts'

export interface PatternOptions extends Omit<RunOptions, 'capture' | 'sink' | 'allLogits' | 'attended'> {
  readonly heads: readonly Head[]
  /** Shares of attention (default), or scores before mask and softmax. */
  readonly site?: EntrySite
}

/** What heads attend to in each prompt, a grid [query, key] for each; of long texts a cell is one entry of several. */
export async function patternGrids(
  opened: Opened,
  prompts: Prompt | readonly Prompt[],
  { heads, site = 'pattern', ...o }: PatternOptions,
): Promise<Grid[]> {
  checkHeads(heads, opened.engine.config)
  const layers = [...new Set(heads.map(h => h.layer))]
  const tokenizer = await opened.tokenizer()
  const { document, passes } = await runPrompts(opened, prompts, { ...o, capture: layers.map(l => `${site}@${l}`) })
  return passes.flatMap(pass => {
    const time = pass.ids.length
    const tokens = Array.from(pass.ids, id => tokenizer.tokenText(id))
    const level = patternLevel(time)
    const side = Math.ceil(time / 2 ** level)
    const part: PatternPart = { level, top: 0, left: 0, rows: side, columns: side }
    return heads.map(head => {
      const all = pass
        .get(`${site}@${head.layer}`)
        .data.subarray(head.head * time * time, (head.head + 1) * time * time)
      const data = standingEntries(site, all, time, part)
      return patternGrid({ site, head, tokens, data, spec: document.spec, ...part })
    })
  })
}
