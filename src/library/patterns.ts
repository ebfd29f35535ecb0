import { checkHeads, type Head } from '../heads/importance/head-set.ts'
import { largestEntries, type PatternPart, patternGrid, patternLevel } from '../results/pattern-grid.ts'
import type { Grid } from '../words/grid.ts'
import type { Opened } from './open.ts'
import type { Prompt } from './prompts.ts'
import { type RunOptions, runPrompts } from './run.ts'

export interface PatternOptions extends Omit<RunOptions, 'capture' | 'sink' | 'allLogits' | 'attended'> {
  readonly heads: readonly Head[]
}

/** What heads attend to in each prompt, a grid [query, key] for each; of long texts a cell is the largest of several. */
export async function patternGrids(
  opened: Opened,
  prompts: Prompt | readonly Prompt[],
  { heads, ...o }: PatternOptions,
): Promise<Grid[]> {
  checkHeads(heads, opened.engine.config)
  const layers = [...new Set(heads.map(h => h.layer))]
  const tokenizer = await opened.tokenizer()
  const { document, passes } = await runPrompts(opened, prompts, { ...o, capture: layers.map(l => `pattern@${l}`) })
  return passes.flatMap(pass => {
    const time = pass.ids.length
    const tokens = Array.from(pass.ids, id => tokenizer.tokenText(id))
    const level = patternLevel(time)
    const side = Math.ceil(time / 2 ** level)
    const part: PatternPart = { level, top: 0, left: 0, rows: side, columns: side }
    return heads.map(head => {
      const { data } = pass.get(`pattern@${head.layer}`)
      const pattern = data.subarray(head.head * time * time, (head.head + 1) * time * time)
      return patternGrid({ head, tokens, data: largestEntries(pattern, time, part), spec: document.spec, ...part })
    })
  })
}
