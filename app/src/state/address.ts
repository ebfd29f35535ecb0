import { ENTRY_SITES } from '../../../src/results/pattern-grid.ts'
import { isRelation, readParse, writeWord } from '../../../src/text/parse.ts'
import { settledLines } from './change.ts'
import { readLine, writeLine } from './change-text.ts'
import { headName, parseHead } from './head.ts'
import { parseFault } from './parse.ts'
import { readPart, writePart } from './part.ts'
import { initial, isTemperature, isTopK, isTopP, MOST_TEXT, type Prompt, type State } from './state.ts'
import { withParse, withRelation } from './update.ts'

/*
 * The state in words, as the address holds it:
 *   #specimen/The cat sat?head=6.5&score=induction&edit=z:6.5*0,z:5.4~mean
 *   #specimen/ids:0,419,385?head=6.5,6.1&query=3
 * What is left out is as on the first visit.
 */

/** An address as a state, and what could not be read in it, in sentences. */
export interface Read {
  readonly state: State
  readonly problems: readonly string[]
}

const IDS = 'ids:'

/** Escapes what has a meaning in an address, and leaves the rest to be read. */
const escaped = (text: string, also = /(?!)/g): string =>
  text
    .replace(/[%?#&\u0000-\u001f\u007f]/g, encodeURIComponent)
    .replace(also, c => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
    .replace(/ $/g, '%20')

const writePrompt = (prompt: Prompt): string =>
  'ids' in prompt ? `${IDS}${prompt.ids.join(',')}` : escaped(prompt.text, /^i(?=ds:)/g)

export function writeAddress(s: State): string {
  const parts: string[] = []
  const put = (name: string, value: string): void => void parts.push(`${name}=${escaped(value)}`)
  if (s.heads.length > 0) put('head', s.heads.map(headName).join(','))
  put('score', s.score)
  if (s.beside !== undefined) put('beside', s.beside)
  if (s.chart !== initial.chart) put('chart', s.chart)
  if (s.ground !== initial.ground) put('on', s.ground)
  if (s.cells !== initial.cells) put('cells', s.cells)
  if (s.order !== initial.order) put('order', s.order)
  if (s.range) put('range', s.range.join('..'))
  if (s.top !== undefined) put('top', String(s.top))
  if (s.queries.length > 0) put('query', s.queries.join(','))
  if (s.key !== undefined) put('key', String(s.key))
  if (s.incoming) put('direction', 'to')
  if (s.full !== initial.full) put('full', String(s.full))
  if (s.arcs !== initial.arcs) put('arcs', String(s.arcs))
  if (s.tint !== initial.tint) put('tint', s.tint)
  if (s.leaveFirst) put('first', 'out')
  if (s.site !== initial.site) put('site', s.site)
  if (s.window) put('window', s.window.join(','))
  if (s.routes !== undefined) put('routes', String(s.routes))
  if (s.writes) put('writes', writePart(s.writes))
  if (s.temperature !== undefined) put('temperature', String(s.temperature))
  if (s.topK !== undefined) put('top-k', String(s.topK))
  if (s.topP !== undefined) put('top-p', String(s.topP))
  if (s.edits.length > 0) parts.push(`edit=${s.edits.map(l => escaped(writeLine(l), /,/g)).join(',')}`)
  if (s.parse) parts.push(`parse=${s.parse.map(w => escaped(writeWord(w), /,/g)).join(',')}`)
  if (s.relation !== undefined) put('relation', s.relation)
  if (s.tour !== undefined) put('tour', String(s.tour))
  return `#${escaped(s.model, /\//g)}/${writePrompt(s.prompt)}?${parts.join('&')}`
}

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const MOST_IDS = 32_768
const MOST_HEADS = 64

/** The state that an address describes. Never throws: what makes no sense is left out and told of. */
export function readAddress(hash: string): Read {
  const problems: string[] = []
  const body = hash.replace(/^#/, '')
  if (body === '') return { state: initial, problems }
  const cut = body.indexOf('?')
  const [path, query] = cut < 0 ? [body, ''] : [body.slice(0, cut), body.slice(cut + 1)]
  const slash = path.indexOf('/')
  const model = unescaped(slash < 0 ? path : path.slice(0, slash)) || initial.model
  const prompt = slash < 0 ? initial.prompt : readPrompt(path.slice(slash + 1), problems)
  const fields = new Map<string, string>()
  for (const pair of query.split('&').filter(p => p !== '')) {
    const at = pair.indexOf('=')
    fields.set(at < 0 ? pair : pair.slice(0, at), at < 0 ? '' : pair.slice(at + 1))
  }
  return { state: parsed({ ...initial, model, prompt, ...readFields(fields, problems) }, problems), problems }
}

/** A parse belongs to the prompt beside it. */
function parsed(s: State, problems: string[]): State {
  const fault = s.parse && parseFault(s.prompt, s.parse)
  if (fault !== undefined) problems.push(`The parse in the address is one of another text, and was left out: ${fault}.`)
  const kept = fault === undefined ? s : withParse(s, undefined)
  const { relation } = kept
  if (relation === undefined || kept.parse?.some(w => w.relation === relation)) return kept
  if (kept.parse) problems.push(`The parse has no relation ${relation}; all of them are shown.`)
  return withRelation(kept, undefined)
}

function readPrompt(text: string, problems: string[]): Prompt {
  if (!text.startsWith(IDS)) {
    const plain = unescaped(text)
    if (plain.length <= MOST_TEXT) return { text: plain }
    problems.push(
      `The prompt in the address has ${plain.length} characters, and at most ${MOST_TEXT} are taken, so the first prompt is shown instead.`,
    )
    return initial.prompt
  }
  const ids = unescaped(text.slice(IDS.length)).split(',')
  if (ids.length <= MOST_IDS && ids.every(id => /^\d{1,9}$/.test(id))) return { ids: ids.map(Number) }
  problems.push('The token ids in the address are not a list of whole numbers, so the first prompt is shown instead.')
  return initial.prompt
}

type Fields = { -readonly [K in keyof State]?: State[K] }

function readFields(fields: ReadonlyMap<string, string>, problems: string[]): Fields {
  const found: Fields = {}
  for (const [name, raw] of fields) {
    const value = unescaped(raw)
    const take = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (!take) problems.push(`The address says “${name}”, which this page does not know.`)
    else {
      const told = take(found, name === 'edit' || name === 'parse' ? raw : value)
      if (told === false) problems.push(`“${name}=${value}” in the address was not understood.`)
      if (typeof told === 'string') problems.push(told)
    }
  }
  // A score does not stand beside itself.
  if (found.beside === (found.score ?? initial.score)) delete found.beside
  return found
}

const ID = /^[a-z][a-z0-9-]{0,40}$/

/** A share of attention above 0, up to all of it. */
const isShare = (value: string): boolean => /^(1|0?\.\d{1,6})$/.test(value) && Number(value) > 0

/** Each takes one field of the address; false where it makes no sense, else what there is to tell of it. */
const readers: Readonly<Record<string, (to: Fields, value: string) => boolean | string>> = {
  head: (to, value) => {
    const heads = value.split(',').map(parseHead)
    const known = new Map(heads.filter(h => h !== undefined).map(h => [headName(h), h]))
    to.heads = [...known.values()].slice(0, MOST_HEADS)
    if (known.size > MOST_HEADS)
      return `The address names ${known.size} heads; the first ${MOST_HEADS} of them are shown.`
    return !heads.includes(undefined)
  },
  score: (to, value) => {
    if (!ID.test(value)) return false
    to.score = value
    return true
  },
  beside: (to, value) => {
    if (!ID.test(value)) return false
    to.beside = value
    return true
  },
  chart: (to, value) => {
    if (value !== 'maps' && value !== 'points') return false
    to.chart = value
    return true
  },
  on: (to, value) => {
    if (value !== 'prompt' && value !== 'repeats') return false
    to.ground = value
    return true
  },
  cells: (to, value) => {
    if (value !== 'score' && value !== 'patterns') return false
    to.cells = value
    return true
  },
  order: (to, value) => {
    if (value !== 'score' && value !== 'home') return false
    to.order = value
    return true
  },
  range: (to, value) => {
    const [low = Number.NaN, high = Number.NaN, ...more] = value.split('..').map(Number)
    if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high && more.length === 0)) return false
    to.range = [low, high]
    return true
  },
  top: (to, value) => {
    if (!/^[1-9]\d{0,4}$/.test(value)) return false
    to.top = Number(value)
    return true
  },
  direction: (to, value) => {
    to.incoming = value === 'to'
    return value === 'to' || value === 'from'
  },
  query: (to, value) => {
    if (!/^\d{1,6}(,\d{1,6})*$/.test(value)) return false
    to.queries = [...new Set(value.split(',').map(Number))]
    return true
  },
  key: (to, value) => {
    if (!/^\d{1,6}$/.test(value)) return false
    to.key = Number(value)
    return true
  },
  full: (to, value) => {
    if (!isShare(value)) return false
    to.full = Number(value)
    return true
  },
  arcs: (to, value) => {
    if (!isShare(value)) return false
    to.arcs = Number(value)
    return true
  },
  tint: (to, value) => {
    if (value !== 'attention' && value !== 'effect') return false
    to.tint = value
    return true
  },
  routes: (to, value) => {
    if (!isShare(value) || Number(value) < 0.001) return false
    to.routes = Number(value)
    return true
  },
  writes: (to, value) => {
    const part = readPart(value)
    if (part) to.writes = part
    return part !== undefined
  },
  temperature: (to, value) => {
    if (!/^\d{1,2}(\.\d{1,2})?$/.test(value) || !isTemperature(Number(value))) return false
    to.temperature = Number(value)
    return true
  },
  'top-k': (to, value) => {
    if (!/^\d{1,5}$/.test(value) || !isTopK(Number(value))) return false
    to.topK = Number(value)
    return true
  },
  'top-p': (to, value) => {
    if (!/^0?\.\d{1,4}$/.test(value) || !isTopP(Number(value))) return false
    to.topP = Number(value)
    return true
  },
  first: (to, value) => {
    to.leaveFirst = value === 'out'
    return value === 'out' || value === 'in'
  },
  site: (to, value) => {
    const site = ENTRY_SITES.find(s => s === value)
    if (site) to.site = site
    return site !== undefined
  },
  window: (to, value) => {
    const [query = 0, key = 0, tokens = 0] = value.split(',').map(Number)
    if (!/^\d{1,6},\d{1,6},[1-9]\d{0,5}$/.test(value)) return false
    to.window = [query, key, tokens]
    return true
  },
  edit: (to, raw) => {
    const lines = raw.split(',').map(part => readLine(unescaped(part)))
    const known = lines.filter(l => l !== undefined)
    to.edits = settledLines(known)
    if (to.edits.length < known.length)
      return 'The address sets a head more than once at the same place; the last setting is shown.'
    return known.length === lines.length
  },
  parse: (to, raw) => {
    try {
      to.parse = readParse(raw.split(',').map(unescaped))
      return true
    } catch {
      return false
    }
  },
  relation: (to, value) => {
    if (!isRelation(value)) return false
    to.relation = value
    return true
  },
  tour: (to, value) => {
    if (!/^\d{1,2}$/.test(value)) return false
    to.tour = Number(value)
    return true
  },
}
