import { bad, show } from './fault.ts'
import { jsonFault } from './json-fault.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
/** A JSON object as parsed: it has no prototype, so that every property is one that the text holds. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

export interface JsonLimits {
  /** The file that the text is from, for the sentence of an error. */
  readonly file: string
  readonly maxBytes?: number
  readonly maxDepth?: number
  /** Most objects, arrays and commas together: about the number of values. */
  readonly maxNodes?: number
}

const MIB = 2 ** 20
const DEFAULTS = { maxBytes: 256 * MIB, maxDepth: 100, maxNodes: 8_000_000 }
const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The place after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let i = start + 1
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) return i + 1
    if (c === BACKSLASH) i++
  }
  return i
}

/** Counts without building anything, so that a bomb is refused before it costs memory. */
function measure(text: string): { depth: number; keys: number; nodes: number } {
  let [depth, deepest, keys, nodes] = [0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) i = stringEnd(text, i) - 1
    else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      nodes++
      if (++depth > deepest) deepest = depth
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) depth--
    else if (c === COMMA) nodes++
    else if (c === COLON) keys++
  }
  return { depth: deepest, keys, nodes }
}

/** Takes the prototype from every object and counts the keys that survived parsing. Iterative: depth costs no stack. */
function strip(root: JsonValue): number {
  const todo: JsonValue[] = [root]
  let keys = 0
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (Array.isArray(node)) {
      for (const value of node) if (typeof value === 'object' && value !== null) todo.push(value)
    } else if (isObject(node)) {
      Object.setPrototypeOf(node, null)
      for (const key in node) {
        keys++
        const value = node[key]
        if (typeof value === 'object' && value !== null) todo.push(value)
      }
    }
  }
  return keys
}

/** The first key that its object holds already; the text is known to be valid JSON. */
function duplicate(text: string): { key: string; at: number } | undefined {
  const seen: (Set<string> | undefined)[] = []
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === OPEN_OBJECT) seen.push(new Set())
    else if (c === OPEN_ARRAY) seen.push(undefined)
    else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) seen.pop()
    else if (c === QUOTE) {
      const end = stringEnd(text, i)
      let next = end
      while (' \t\r\n'.includes(text.charAt(next)) && next < text.length) next++
      const keys = seen.at(-1)
      if (keys !== undefined && text.charCodeAt(next) === COLON) {
        const key = String(JSON.parse(text.slice(i, end)))
        if (keys.has(key)) return { key, at: i }
        keys.add(key)
      }
      i = end - 1
    }
  }
  return undefined
}

function decode(input: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input)
  } catch {
    const found = [...input.subarray(0, 4)].map(b => b.toString(16).padStart(2, '0')).join(' ')
    const details = { code: 'json-encoding', file, found, allowed: 'UTF-8' }
    throw bad(details, `the JSON is not valid UTF-8 (it begins with the bytes ${found}); save it as UTF-8.`)
  }
}

function parse(text: string, file: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    const at = jsonFault(text)
    const found = at < text.length ? text.slice(at, at + 20) : 'the end of the text'
    const details = { code: 'json-syntax', file, where: `character ${at}`, found, allowed: 'JSON' }
    const what = at < text.length ? `found ${show(found)}` : 'the text ends too early'
    throw bad(details, `this is not valid JSON at character ${at}: ${what} (comments, NaN and cut files are not JSON).`)
  }
}

/**
 * Parses JSON as its standard means it: valid UTF-8 without a byte order mark, no key twice in one object, and within
 * limits that are checked before anything is built. Throws codes `json-size`, `json-encoding`, `json-depth`,
 * `json-nodes`, `json-syntax` and `json-duplicate-key`.
 */
export function parseStrictJson(input: Uint8Array | string, limits: JsonLimits): JsonValue {
  const { file, maxBytes, maxDepth, maxNodes } = { ...DEFAULTS, ...limits }
  if (input.length > maxBytes) {
    const details = { code: 'json-size', file, where: 'size', found: input.length, allowed: maxBytes }
    throw bad(details, `the JSON is ${input.length} bytes long, over the limit of ${maxBytes} bytes.`)
  }
  const text = typeof input === 'string' ? input : decode(input, file)
  const { depth, keys, nodes } = measure(text)
  if (depth > maxDepth) {
    const details = { code: 'json-depth', file, where: 'nesting', found: depth, allowed: maxDepth }
    throw bad(details, `the JSON is nested ${depth} levels deep, over the limit of ${maxDepth}.`)
  }
  if (nodes > maxNodes) {
    const details = { code: 'json-nodes', file, where: 'values', found: nodes, allowed: maxNodes }
    throw bad(details, `the JSON holds about ${nodes} values, over the limit of ${maxNodes}.`)
  }
  const value = parse(text, file)
  if (strip(value) !== keys) {
    const twice = duplicate(text)
    const details = { code: 'json-duplicate-key', file, where: twice?.key ?? 'keys', found: 'twice', allowed: 'once' }
    throw bad(details, `the key ${show(twice?.key)} stands twice in one object (again at character ${twice?.at}).`)
  }
  return value
}
