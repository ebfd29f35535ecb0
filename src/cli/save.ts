import type { FigureOptions } from '../figures/figure.ts'
import { isTaskList, type ResultDocument } from '../results/document.ts'
import { FIGURE_SUFFIXES, RESULT_SUFFIXES, writeResult } from '../results/write.ts'
import type { Context } from './context.ts'
import type { OutputOptions } from './options.ts'

/** What a grid can be written as: its numbers, or its figure. */
export const GRID_KINDS = [...RESULT_SUFFIXES.grid, ...FIGURE_SUFFIXES] as const

/** Writes a result where `--out` says, and tells; `look` is for figures of it. */
export async function save(
  result: ResultDocument,
  { out, force }: OutputOptions,
  { note }: Context,
  look: FigureOptions = {},
): Promise<void> {
  if (out === undefined) return
  const grids = isTaskList(result)
    ? undefined
    : Array.isArray(result)
      ? result
      : result.kind === 'grid'
        ? [result]
        : undefined
  if (grids && FIGURE_SUFFIXES.some(suffix => out.toLowerCase().endsWith(suffix))) {
    const { writeFigure } = await import('../figures/write.ts')
    await writeFigure(out, grids, { ...look, force: force ?? false })
  } else await writeResult(out, result, { force: force ?? false })
  note(`Written: ${out}`)
}
