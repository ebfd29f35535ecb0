import { type Theme, themes } from '../figures/colour.ts'
import { tokenLabel } from '../figures/svg.ts'
import { type Mark, mark } from './markup.ts'
import type { HeadPatterns } from './pattern.ts'
import { type Reduced, reduceTo } from './reduce.ts'

/** What is drawn: the patterns, the words of their tokens, and where one stands. */
export interface Shown {
  readonly patterns: HeadPatterns
  readonly tokens: readonly string[]
  readonly head: string
  readonly query: number
  readonly theme: Theme['name']
}

/** A share below this has no tint. */
const FAINTEST = 0.015
const MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'
const SANS = 'system-ui, "Helvetica Neue", "Noto Sans", sans-serif'
/** Cells along the side of a pattern that is written as markup. */
const SIDE = 64
const PIXELS = 320

export const frameStyle = (theme: Theme['name']): string => {
  const { paper, ink } = themes[theme]
  return `background:${paper};color:${ink};color-scheme:${theme};font:14px/1.45 ${SANS};padding:12px;max-width:720px`
}

const number = (x: number): string => (x >= 0.9995 ? '1' : x.toPrecision(3).replace(/^0/, '0'))
const rowOf = ({ patterns, head, query }: Shown): number[] =>
  Array.from({ length: patterns.time }, (_, k) => patterns.of(head)[query * patterns.time + k]!)

/** What stands under the tokens: whose row it is, where it is strongest, and how much that leaves. */
export function rowWords(shown: Shown): string {
  const { tokens, head, query } = shown
  const row = rowOf(shown)
  const name = (i: number): string => `“${tokenLabel(tokens[i]!)}” at ${i}`
  const keys = [...row.keys()].sort((a, b) => row[b]! - row[a]!).slice(0, 3)
  const told = keys.filter(k => row[k]! > 0)
  const rest = row.reduce((s, x) => s + x, 0) - told.reduce((s, k) => s + row[k]!, 0)
  return `Head ${head}, share of attention from ${name(query)}: ${told.map(k => `${number(row[k]!)} to ${name(k)}`).join(', ')}; ${number(Math.max(0, rest))} to all others.`
}

/** The tokens, tinted by what the query attends to. */
export function tokenMarks(shown: Shown): Mark[] {
  const { tokens, query, theme } = shown
  const { sequential, on, rule, line } = themes[theme]
  const row = rowOf(shown)
  return tokens.map((token, i) => {
    const share = Math.min(1, row[i]!)
    const tint = share > FAINTEST ? `background:${sequential(share)};color:${on(share, false)};` : ''
    const under = i === query ? `box-shadow:inset 0 -3px ${line}` : `box-shadow:inset 0 -1px ${rule}`
    const label = tokenLabel(token, 60)
    return mark(
      'span',
      {
        role: 'option',
        'data-token': String(i),
        'aria-selected': String(i === query),
        'aria-label': `${label} at ${i}: ${number(row[i]!)}`,
        title: `${i}: ${number(row[i]!)}`,
        style: `${tint}${under};white-space:pre;padding:1px 1px 3px;margin:0 1px 4px 0`,
      },
      label,
    )
  })
}

export const tokensStyle = `display:flex;flex-wrap:wrap;font-family:${MONO};max-height:240px;overflow:auto;margin:8px 0`

/** How the pattern was brought to the size of its drawing. */
export const patternWords = ({ patterns }: Shown, { step }: Reduced): string =>
  `${patterns.time} queries down, ${patterns.time} keys across; scale 0 to 1${step > 1 ? `; each cell is the largest of ${step} × ${step} entries` : ''}`

/** The pattern as vector graphics, for where no canvas can be drawn. */
export function patternMark(shown: Shown): Mark {
  const { patterns, head, theme } = shown
  const reduced = reduceTo(patterns.of(head), patterns.time, SIDE)
  const { side, data } = reduced
  const cells: Mark[] = []
  for (let q = 0; q < side; q++)
    for (let k = 0; k <= q; k++) {
      const share = data[q * side + k]!
      if (share <= FAINTEST) continue
      const place = { x: String(k), y: String(q), width: '1', height: '1' }
      cells.push(mark('rect', { ...place, fill: themes[theme].sequential(Math.min(1, share)) }))
    }
  const border = mark('path', { d: `M0 0V${side}H${side}Z`, fill: themes[theme].sequential(0) })
  return mark(
    'svg',
    {
      ...{ viewBox: `0 0 ${side} ${side}`, width: String(PIXELS), height: String(PIXELS), role: 'img' },
      ...{ 'shape-rendering': 'crispEdges', 'aria-label': `pattern of head ${head}: ${patternWords(shown, reduced)}` },
    },
    border,
    ...cells,
  )
}

/** The whole as a still: what a notebook keeps. */
export function still(shown: Shown): Mark {
  const reduced = reduceTo(shown.patterns.of(shown.head), shown.patterns.time, SIDE)
  return mark(
    'figure',
    { style: `${frameStyle(shown.theme)};margin:0` },
    mark('figcaption', {}, rowWords(shown)),
    mark('div', { style: tokensStyle, role: 'listbox', 'aria-label': 'tokens' }, ...tokenMarks(shown)),
    patternMark(shown),
    mark('div', { style: 'font-size:12px' }, patternWords(shown, reduced)),
  )
}
