/// <reference lib="dom" />

import { escapeXml } from '../figures/svg.ts'

/** An element as it is to be: written as HTML where there is no page, made as nodes where there is one. */
export interface Mark {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly inner: readonly (Mark | string)[]
}

export const mark = (name: string, attributes: Mark['attributes'], ...inner: Mark['inner']): Mark => ({
  name,
  attributes,
  inner,
})

/** As HTML; whatever is text in it stays text. */
export function toHtml(m: Mark | string): string {
  if (typeof m === 'string') return escapeXml(m)
  const attributes = Object.entries(m.attributes).map(([k, v]) => ` ${k}="${escapeXml(v)}"`)
  return `<${m.name}${attributes.join('')}>${m.inner.map(toHtml).join('')}</${m.name}>`
}

const SVG = 'http://www.w3.org/2000/svg'
const ofSvg = new Set(['svg', 'g', 'path', 'rect'])

/** As nodes of a document; texts become text nodes, never markup. */
export function toNode(m: Mark | string, document: Document): Node {
  if (typeof m === 'string') return document.createTextNode(m)
  const made = ofSvg.has(m.name) ? document.createElementNS(SVG, m.name) : document.createElement(m.name)
  for (const [k, v] of Object.entries(m.attributes)) made.setAttribute(k, v)
  made.append(...m.inner.map(i => toNode(i, document)))
  return made
}
