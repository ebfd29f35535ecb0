import { extname } from 'node:path'
import { type OutOptions, writeWhole } from '../results/write.ts'
import type { Grid } from '../words/grid.ts'
import { type FigureOptions, gridFigure } from './figure.ts'
import { figurePage } from './html.ts'
import { png } from './png.ts'

/** Writes the figure of grids as `.svg`, `.png` or `.html`; the name has been judged by `checkOut`. */
export async function writeFigure(
  path: string,
  grids: Grid | readonly Grid[],
  { force, ...look }: OutOptions & FigureOptions = {},
): Promise<void> {
  const svg = gridFigure(grids, look)
  const all = 'kind' in grids ? [grids] : grids
  const content = { '.svg': () => svg, '.html': () => figurePage(svg, all), '.png': () => png(svg) }
  const make = content[extname(path).toLowerCase() as keyof typeof content]
  writeWhole(path, await make(), { force: force ?? false })
}
