// Draws docs/images/head-map.svg from the command's own numbers: what each head of the specimen attends to, and what
// its removal does. Colour is laid over the page by opacity, so that the picture reads on light and on dark pages.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'docs/images/head-map.svg')
const command = [join(root, 'dist/cli/main.js'), 'show', 'specimen', '--json']
const grids = JSON.parse(
  execFileSync(process.execPath, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
)
const effect = grids.at(-1)
const induction = grids.find(g => g.spec.request.method.id === 'induction')

const CELL = 34
const GAP = 3
const STEP = CELL + GAP
const TOP = 64
const LEFT = 52
const BETWEEN = 66
const TEXT = '#6e7781'
const BLUE = '#1f6feb'
const ORANGE = '#d9620a'
const VIOLET = '#8250df'
/** White numbers are readable on cells of this share of the full colour or more. */
const LEGIBLE = 0.6

const round = x => Number(x.toFixed(3))
const label = (x, y, text, more = '') => `<text x="${round(x)}" y="${round(y)}" ${more}>${text}</text>`
const rect = (x, y, width, height, more) =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${more}/>`
const shown = (value, signed) =>
  `${signed ? (value < 0 ? '−' : '+') : ''}${Math.abs(value).toFixed(2).replace(/^0/, '')}`

/** One map with its title, what its numbers are, and a scale; `left` is the x of its first cell. */
function map({ left, title, unit, values, most, colourOf, signed }) {
  const [rows, columns] = [values.length, values[0].length]
  const width = columns * STEP - GAP
  const parts = [
    label(left, TOP - 40, title, 'font-size="15" font-weight="600"'),
    label(left, TOP - 23, unit, 'font-size="11"'),
  ]
  parts.push(label(left - 9, TOP - 6, 'head', 'font-size="11" text-anchor="end"'))
  for (let h = 0; h < columns; h++)
    parts.push(label(left + h * STEP + CELL / 2, TOP - 6, h, 'font-size="11" text-anchor="middle"'))
  for (let l = 0; l < rows; l++) {
    const y = TOP + l * STEP
    parts.push(label(left - 9, y + CELL / 2 + 4, l, 'font-size="11" text-anchor="end"'))
    for (let h = 0; h < columns; h++) {
      const x = left + h * STEP
      const value = values[l][h]
      const share = Math.min(1, Math.abs(value) / most)
      parts.push(rect(x, y, CELL, CELL, `rx="3" fill="${TEXT}" fill-opacity=".13"`))
      parts.push(rect(x, y, CELL, CELL, `rx="3" fill="${colourOf(value)}" fill-opacity="${round(share)}"`))
      if (share >= LEGIBLE) {
        const look = 'font-size="11" font-weight="600" text-anchor="middle" fill="#fff"'
        parts.push(label(x + CELL / 2, y + CELL / 2 + 4, shown(value, signed), look))
      }
    }
  }
  const y = TOP + rows * STEP + 14
  const steps = Array.from({ length: 9 }, (_, i) => (signed ? (i - 4) / 4 : i / 8))
  const piece = width / steps.length
  for (const [i, s] of steps.entries()) {
    parts.push(rect(left + i * piece, y, piece, 8, `fill="${TEXT}" fill-opacity=".13"`))
    parts.push(rect(left + i * piece, y, piece, 8, `fill="${colourOf(s)}" fill-opacity="${Math.abs(s)}"`))
  }
  const low = signed ? shown(-most, true) : '0'
  parts.push(label(left, y + 22, low, 'font-size="11"'))
  if (signed) parts.push(label(left + width / 2, y + 22, '0', 'font-size="11" text-anchor="middle"'))
  parts.push(label(left + width, y + 22, signed ? shown(most, true) : most, 'font-size="11" text-anchor="end"'))
  return { svg: parts.join('\n'), width }
}

const largest = values => Math.max(...values.flat().map(Math.abs))
const first = map({
  left: LEFT,
  title: 'What heads attend to',
  unit: 'induction score, 0 to 1',
  values: induction.values,
  most: 1,
  colourOf: () => BLUE,
  signed: false,
})
const second = map({
  left: LEFT + first.width + BETWEEN,
  title: 'What happens without them',
  unit: 'loss with the head removed − loss, nats per token',
  values: effect.values,
  most: largest(effect.values),
  colourOf: value => (value < 0 ? VIOLET : ORANGE),
  signed: true,
})
const width = LEFT + first.width + BETWEEN + second.width + 16
const rows = induction.values.length
const height = TOP + rows * STEP + 46
const middle = TOP + (rows * STEP) / 2
const side = `font-size="11" text-anchor="middle" transform="rotate(-90 14 ${middle})"`
const summary = `Two maps of the specimen's heads, layers down and heads across: the induction score of each head, and how much the loss grows when that head is removed.`

mkdirSync(dirname(out), { recursive: true })
writeFileSync(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" fill="${TEXT}">
<title>${summary}</title>
${first.svg}
${second.svg}
${label(14, middle, 'layer', side)}
</svg>
`,
)
