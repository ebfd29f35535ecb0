import { bold, type Style } from './style.ts'
import { cut, padEnd, padStart, widthOf } from './text.ts'

export interface Column {
  readonly title: string
  /** Numbers stand at the right. */
  readonly right?: boolean
}

const GAP = 2
const MIN_WIDTH = 6

/** Rows under titles; when they are too wide, the widest columns lose their ends. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
  indent = '',
): string {
  const widths = columns.map(({ title }, i) => Math.max(widthOf(title), ...rows.map(r => widthOf(r[i] ?? ''))))
  const room = style.columns - indent.length - GAP * (columns.length - 1)
  while (widths.reduce((a, b) => a + b, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths))
    if (widths[widest]! <= MIN_WIDTH) break
    widths[widest]!--
  }
  const line = (cells: readonly string[]): string =>
    indent +
    columns
      .map(({ right }, i) => {
        const cell = cells[i] ?? ''
        const text = widthOf(cell) > widths[i]! ? cut(cell, widths[i]!) : cell
        return right ? padStart(text, widths[i]!) : padEnd(text, widths[i]!)
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const titles = columns.some(c => c.title !== '') ? [bold(style, line(columns.map(c => c.title)))] : []
  return [...titles, ...rows.map(line)].join('\n')
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A share from 0 to 1 as a bar of at most `columns`; none for NaN. */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * columns * 8) || 0
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]
}
