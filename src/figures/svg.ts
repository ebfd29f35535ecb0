import { printable } from '../words/error.ts'

/** Text of XML: what could end an element or an attribute is escaped, and what XML cannot hold is replaced. */
export const escapeXml = (text: string): string =>
  text
    .replace(/[\p{Surrogate}\ufffe\uffff\u0000-\u0008\u000b\u000c\u000e-\u001f]/gu, '\ufffd')
    .replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)

/** Words of a file that is not trusted, on one line: what a viewer would obey is spelled out. */
export const label = (text: string, most = 200): string => printable(text, most)

/** A token as it is read: its spaces and line ends are seen; what is too long loses its end. */
export function tokenLabel(token: string, most = 14): string {
  const seen = printable(token.replaceAll('\n', '↵').replaceAll('\t', '⇥').replace(/^ | $/g, '␣'), 200)
  const letters = [...seen]
  return letters.length <= most ? seen : `${letters.slice(0, most - 1).join('')}…`
}

/** Two decimals are finer than any screen. */
const round = (x: number): string => String(Math.round(x * 100) / 100)

type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element; numbers are rounded, texts of attributes escaped, undefined ones left out. `inner` is markup. */
export function element(name: string, attributes: Attributes, inner = ''): string {
  const written = Object.entries(attributes)
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => ` ${k}="${typeof v === 'number' ? round(v) : escapeXml(v!)}"`)
    .join('')
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`
}

/** Fonts in the order in which they are looked for; every system has one of each. */
export const FAMILIES = {
  sans: ['Inter', 'Helvetica Neue', 'Helvetica', 'Arial', 'DejaVu Sans', 'Liberation Sans', 'Noto Sans'],
  mono: ['Menlo', 'Consolas', 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono'],
} as const
export const SANS = [...FAMILIES.sans.map(f => `'${f}'`), 'sans-serif'].join(', ')
export const MONO = [...FAMILIES.mono.map(f => `'${f}'`), 'monospace'].join(', ')

/** The three sizes of text, in pixels. */
export const SIZE = { title: 14, label: 11, cell: 9 } as const

/** Words at a place; `x`, `y` is the start of the base line unless `text-anchor` says otherwise. */
export const text = (x: number, y: number, words: string, attributes: Attributes = {}): string =>
  element('text', { x, y, ...attributes }, escapeXml(words))

export const rect = (x: number, y: number, width: number, height: number, fill: string): string =>
  element('rect', { x, y, width, height, fill })

export const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
  element('path', { d: `M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}`, stroke, fill: 'none' })

/** A path through points, broken where one has no number. */
export function polyline(points: readonly (readonly [number, number])[]): string {
  let pen = 'M'
  let d = ''
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) {
      d += `${pen}${round(x)} ${round(y)}`
      pen = 'L'
    } else pen = 'M'
  }
  return d
}

/** Characters that are drawn about twice as wide as Latin ones. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f000}-\u{3fffd}]/u

/** Width of a text, estimated: a figure is drawn without asking a font. */
export function widthOf(words: string, size: number, perLetter = 0.56): number {
  let letters = 0
  for (const c of words) letters += WIDE.test(c) ? 2 : 1
  return letters * size * perLetter
}
/** Share of the size that a letter of the monospace takes. */
export const MONO_LETTER = 0.602

/** Words on lines of at most `width` pixels. */
export function wrap(words: string, size: number, width: number): string[] {
  const lines: string[] = []
  for (const word of words.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length > 0 && widthOf(longer, size) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}
