import type { Grid } from '../words/grid.ts'
import { mapLegend } from './legend.ts'
import { heading, LEAST_WIDTH, numbersOf, type Panel, type PanelOptions } from './panel.ts'
import { colourScale } from './scale.ts'
import { element, label, MONO, MONO_LETTER, rect, SIZE, text, tokenLabel, widthOf } from './svg.ts'

const WIDTH = 640
const LINE = 40
const PAD = 3
const TALL = 20
/** Smaller shares of the largest value are not written under their token: the tint says that they are small. */
const WORTH_WRITING = 0.05

const format = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })

/** One axis of keys with their tokens: the text itself, each token in the colour of its value. */
export function wordsPanel(grid: Grid, o: PanelOptions): Panel {
  const { theme } = o
  const { values } = numbersOf(grid)
  const scale = colourScale(grid, values, o)
  const head = heading(grid, WIDTH, theme)
  const top = head.height + 16
  const mono = { 'font-size': SIZE.label + 1, 'font-family': MONO, 'xml:space': 'preserve' }
  const title = Math.min(WIDTH, widthOf(label(grid.metric), SIZE.title))
  let [x, y, widest] = [0, top, Math.max(LEAST_WIDTH, title)]
  const marks: string[] = []
  for (const [i, token] of (grid.axes[0]!.labels ?? []).entries()) {
    const words = tokenLabel(token, 24)
    const width = Math.ceil(widthOf(words, SIZE.label + 1, MONO_LETTER)) + 2 * PAD
    if (x > 0 && x + width > WIDTH) [x, y] = [0, y + LINE]
    const value = values[i]!
    const measured = !Number.isNaN(value)
    const share = measured ? scale.share(value) : 0
    marks.push(
      rect(x, y, width, TALL, measured ? scale.colour(value) : theme.paper),
      text(x + PAD, y + 14, words, { ...mono, fill: measured ? theme.on(share, scale.signed) : theme.muted }),
    )
    if (measured && Math.abs(share) >= WORTH_WRITING)
      marks.push(
        text(x + width / 2, y + TALL + 11, format.format(value).replace('-', '−'), {
          'font-size': SIZE.cell,
          fill: theme.muted,
          'text-anchor': 'middle',
        }),
      )
    x += width + 2
    widest = Math.max(widest, x)
    if (token.endsWith('\n')) [x, y] = [0, y + LINE]
  }
  const legend = mapLegend(grid, scale, { dots: false, missing: false }, theme)
  const bottom = y + LINE + 8
  return {
    width: Math.max(widest, legend.width),
    height: bottom + legend.height,
    anchor: top,
    body: [head.body, ...marks, element('g', { transform: `translate(0 ${Math.round(bottom)})` }, legend.body)].join(
      '\n',
    ),
  }
}
