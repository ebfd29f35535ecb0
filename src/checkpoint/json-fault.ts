/** What may stand at a place of a JSON text. */
type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing'

const SPACE = /[ \t\r\n]*/y
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** Where a match of a sticky pattern ends, or `at` itself where it does not match. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** The place after the string that opens at `start`, or where it goes wrong, as a negative number minus one. */
function stringEnd(text: string, start: number): number {
  let i = start + 1
  while (i < text.length) {
    const c = text.charCodeAt(i)
    if (c === 0x22) return i + 1
    const next = c === 0x5c ? after(ESCAPE, text, i) : i + 1
    if (c < 0x20 || next === i) return -1 - i
    i = next
  }
  return -1 - i
}

/**
 * The index of the first character, or number or word, that makes a text no JSON, or its length where it ends too early. JavaScript's own
 * parser says this in some of its messages only. Iterative: depth costs no stack.
 */
export function jsonFault(text: string): number {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  const closed = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end')
  for (let i = after(SPACE, text, 0); i < text.length; i = after(SPACE, text, i)) {
    const c = text.charAt(i)
    const inside = open.at(-1)
    const ends = (c === '}' && inside === '{') || (c === ']' && inside === '[')
    if (ends && expected.endsWith('end')) {
      open.pop()
      expected = closed()
      i++
    } else if (expected === 'comma or end' && c === ',') {
      expected = inside === '{' ? 'key' : 'value'
      i++
    } else if (expected === 'colon' && c === ':') {
      expected = 'value'
      i++
    } else if (c === '"' && (expected.startsWith('key') || expected.startsWith('value'))) {
      const end = stringEnd(text, i)
      if (end < 0) return -1 - end
      expected = expected.startsWith('key') ? 'colon' : closed()
      i = end
    } else if (expected.startsWith('value') && (c === '{' || c === '[')) {
      open.push(c)
      expected = c === '{' ? 'key or end' : 'value or end'
      i++
    } else {
      const end = expected.startsWith('value') ? after(SCALAR, text, i) : i
      if (end === i) return i
      expected = closed()
      i = end
    }
  }
  return text.length
}
