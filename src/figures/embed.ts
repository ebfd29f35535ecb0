import { toJson } from '../results/json.ts'
import type { Spec } from '../words/spec.ts'
import { element, escapeXml } from './svg.ts'

/** The name under which a figure holds its specs: id of an element, keyword of a PNG's text. */
export const SPEC_ID = 'headwise-spec'

/** The specs as one line of JSON; the two characters that XML has no form for are escaped, as others are already. */
export const specText = (specs: readonly Spec[]): string =>
  toJson(specs)
    .trimEnd()
    .replace(/[\ufffe\uffff]/g, c => `\\u${c.charCodeAt(0).toString(16)}`)

/** The specs as SVG metadata: entities keep whatever a prompt holds from ending the element. */
export const embedSpecs = (specs: readonly Spec[]): string =>
  element('metadata', { id: SPEC_ID }, escapeXml(specText(specs)))

/** The JSON in an SVG's metadata, its entities resolved. */
export function metadataText(svg: string): string | undefined {
  const start = `<metadata id="${SPEC_ID}">`
  const from = svg.indexOf(start)
  const to = svg.indexOf('</metadata>', from)
  if (from < 0 || to < 0) return undefined
  return svg.slice(from + start.length, to).replace(/&#(\d{1,3});/g, (_, code: string) => String.fromCharCode(+code))
}
