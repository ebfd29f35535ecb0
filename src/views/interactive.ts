/// <reference lib="dom" />

import { themes } from '../figures/colour.ts'
import { frameStyle, patternWords, rowWords, type Shown, tokenMarks, tokensStyle } from './draw.ts'
import { mark, toNode } from './markup.ts'
import { reduceTo } from './reduce.ts'

/** Pixels along the side of the pattern. */
const SIDE = 512
/** Shades that a screen can tell apart, and more. */
const STEPS = 255

/** An element in which heads and queries can be chosen, by pointer and by keys. */
export function interactive(first: Shown, page: Document): HTMLElement {
  let shown = first
  const make = <K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string>) =>
    toNode(mark(name, attributes), page) as HTMLElementTagNameMap[K]
  const frame = make('figure', { style: `${frameStyle(first.theme)};margin:0` })
  const heads = make('select', { 'aria-label': 'head' })
  for (const name of first.patterns.heads)
    heads.append(toNode(mark('option', { value: name, ...(name === first.head && { selected: '' }) }, name), page))
  const words = make('figcaption', { 'aria-live': 'polite' })
  const tokens = make('div', {
    style: tokensStyle,
    role: 'listbox',
    tabindex: '0',
    'aria-label': 'tokens: arrows choose whose attention is shown',
  })
  const canvas = make('canvas', { role: 'img', style: `width:100%;max-width:${SIDE}px;image-rendering:pixelated` })
  const below = make('div', { style: 'font-size:12px' })
  frame.append(heads, words, tokens, canvas, below)

  const drawRow = (): void => {
    words.textContent = rowWords(shown)
    tokens.replaceChildren(...tokenMarks(shown).map(m => toNode(m, page)))
  }
  const drawPattern = (): void => {
    const { patterns, head, theme } = shown
    const reduced = reduceTo(patterns.of(head), patterns.time, SIDE)
    below.textContent = patternWords(shown, reduced)
    canvas.setAttribute('aria-label', `pattern of head ${head}: ${below.textContent}`)
    canvas.width = reduced.side
    canvas.height = reduced.side
    const ramp = Array.from({ length: STEPS + 1 }, (_, i) => themes[theme].sequential(i / STEPS))
    const c = canvas.getContext('2d')
    if (!c) return
    for (let q = 0; q < reduced.side; q++)
      for (let k = 0; k <= q; k++) {
        c.fillStyle = ramp[Math.round(STEPS * Math.min(1, reduced.data[q * reduced.side + k]!))]!
        c.fillRect(k, q, 1, 1)
      }
  }
  const choose = (query: number): void => {
    shown = { ...shown, query: Math.max(0, Math.min(shown.patterns.time - 1, query)) }
    drawRow()
    tokens.children[shown.query]?.scrollIntoView({ block: 'nearest' })
  }
  heads.addEventListener('change', () => {
    shown = { ...shown, head: heads.value }
    drawRow()
    drawPattern()
  })
  tokens.addEventListener('click', event => {
    const at = event.target instanceof Element ? event.target.closest('[data-token]') : null
    if (at) choose(Number(at.getAttribute('data-token')))
  })
  tokens.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    choose(shown.query + step)
  })
  canvas.addEventListener('click', event => {
    const { top, height } = canvas.getBoundingClientRect()
    choose(Math.floor(((event.clientY - top) / height) * shown.patterns.time))
  })
  drawRow()
  drawPattern()
  return frame
}
