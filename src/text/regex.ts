/**
 * Translates a pattern of Oniguruma (Ruby syntax, UTF-8), which Hugging Face tokenizers uses, into an equal JavaScript
 * pattern for the flags `gu`. Only what has an exact equivalent is translated; anything else is refused.
 */
export class Untranslatable extends Error {}

const MAX_LENGTH = 10_000
const MAX_DEPTH = 50

export function translatePattern(pattern: string): string {
  if (pattern.length > MAX_LENGTH) throw new Untranslatable(`is longer than ${MAX_LENGTH} characters`)
  const source = new Translation(pattern).all()
  try {
    // Compiling runs nothing of the pattern.
    new RegExp(source, 'gu')
  } catch {
    throw new Untranslatable('is not a valid pattern')
  }
  return source
}

const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}'
/** Class escapes as the inside of a bracket; JavaScript's own `\s`, `\d`, `\w` mean other sets. */
const CLASSES: Readonly<Record<string, string>> = {
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: WORD,
}
const CONTROLS: Readonly<Record<string, string>> = {
  n: '\\n',
  r: '\\r',
  t: '\\t',
  f: '\\f',
  v: '\\v',
  a: '\\x07',
  e: '\\x1b',
}
const CATEGORIES =
  /^(?:L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfo]|Han|Hiragana|Katakana|Hangul|Latin|Cyrillic|Greek|Arabic|Hebrew|Thai|Devanagari|Alphabetic|White_Space)$/
const SCRIPTS = /^(?:Han|Hiragana|Katakana|Hangul|Latin|Cyrillic|Greek|Arabic|Hebrew|Thai|Devanagari)$/
const SYNTAX = /[\^$\\.*+?()[\]{}|/-]/
/** Simple case folding: the two ASCII letters that have a third form. Longer foldings are refused beforehand. */
const THIRD_CASE: Readonly<Record<string, string>> = { k: '\\u212a', s: '\\u017f' }
const LONG_FOLDINGS = /ss|st|ff|fi|fl/i

class Translation {
  readonly #pattern: string
  #at = 0
  #atomics = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  all(): string {
    const source = this.#alternatives(false, 0)
    if (this.#at < this.#pattern.length) throw new Untranslatable('closes a group that was not opened')
    return source
  }

  #alternatives(ignoreCase: boolean, depth: number): string {
    if (depth > MAX_DEPTH) throw new Untranslatable(`nests more than ${MAX_DEPTH} groups`)
    let out = ''
    while (this.#at < this.#pattern.length && this.#peek() !== ')') {
      if (this.#take('|')) out += '|'
      else out += this.#repeated(ignoreCase, depth)
    }
    return out
  }

  #repeated(ignoreCase: boolean, depth: number): string {
    const [atom, repeatable] = this.#atom(ignoreCase, depth)
    const interval = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#pattern.slice(this.#at, this.#at + 16))
    const simple = /^[*+?]/.exec(this.#peek())
    const quantifier = interval?.[0] ?? simple?.[0]
    if (quantifier === undefined) {
      if (this.#peek() === '{') throw new Untranslatable('has a brace that is no repetition')
      return atom
    }
    if (!repeatable) throw new Untranslatable('repeats something that has no width')
    this.#at += quantifier.length
    let out = `${atom}${quantifier}`
    if (this.#take('+')) {
      // Ruby: `a++` is possessive, `a{1,3}+` repeats the repetition.
      out = interval === null ? this.#atomic(out) : `(?:${out})+`
    } else if (this.#take('?')) {
      // Ruby: `a{2}?` is an optional `a{2}`, not a lazy one.
      if (interval !== null && interval[2] === undefined) throw new Untranslatable('has a repetition {n}?')
      out += '?'
    }
    if (/^[*+?{]/.test(this.#peek())) throw new Untranslatable('repeats a repetition')
    return out
  }

  /** JavaScript keeps a lookahead's first match, so that a back-reference to it cannot be shortened again. */
  #atomic(source: string): string {
    this.#atomics++
    return `(?:(?=(?<a${this.#atomics}>${source}))\\k<a${this.#atomics}>)`
  }

  #atom(ignoreCase: boolean, depth: number): readonly [string, boolean] {
    const c = this.#next()
    if (c === '(') return this.#group(ignoreCase, depth)
    if (c === '[') return [this.#class(ignoreCase), true]
    if (c === '.') return ['[^\\n]', true]
    if (c === '^') return ['(?:^|(?<=\\n)(?=[\\s\\S]))', false]
    if (c === '$') return ['(?=\\n|$)', false]
    if (c === '*' || c === '+' || c === '?') throw new Untranslatable('repeats nothing')
    if (c === '{' || c === ']' || c === '}') throw new Untranslatable(`has a bare ${c}`)
    if (c !== '\\') return [literal(c, ignoreCase, false), true]
    if (this.#take('A')) return ['^', false]
    if (this.#take('z')) return ['$', false]
    if (this.#take('Z')) return ['(?=\\n?$)', false]
    const inside = this.#escape(ignoreCase, false)
    return [inside.startsWith('\\p') || inside.startsWith('\\P') ? `[${inside}]` : inside, true]
  }

  #group(ignoreCase: boolean, depth: number): readonly [string, boolean] {
    const start = this.#at
    const body = (open: string, ci: boolean): string => {
      const out = `${open}${this.#alternatives(ci, depth + 1)})`
      if (!this.#take(')')) throw new Untranslatable('leaves a group open')
      return out
    }
    if (!this.#take('?')) return [body('(?:', ignoreCase), true]
    for (const open of ['=', '!', '<=', '<!'] as const)
      if (this.#take(open)) return [body(`(?${open}`, ignoreCase), false]
    if (this.#take(':')) return [body('(?:', ignoreCase), true]
    if (this.#take('>')) return [this.#atomic(body('(?:', ignoreCase)), true]
    if (this.#take('i:')) {
      const out = body('(?:', true)
      if (LONG_FOLDINGS.test(this.#pattern.slice(start, this.#at)))
        throw new Untranslatable('ignores case in letters that also have a ligature')
      return [out, true]
    }
    throw new Untranslatable(`has a group (?${this.#peek()}`)
  }

  #class(ignoreCase: boolean): string {
    const negated = this.#take('^')
    let out = ''
    let first = true
    for (;;) {
      if (this.#at >= this.#pattern.length) throw new Untranslatable('leaves a bracket open')
      const c = this.#next()
      if (c === ']') {
        if (first) throw new Untranslatable('has an empty bracket')
        return `[${negated ? '^' : ''}${out}]`
      }
      if (c === '[' || (c === '&' && this.#peek() === '&')) throw new Untranslatable('has a bracket inside a bracket')
      if (c === '-' && !first && this.#peek() !== ']') throw new Untranslatable('has a range without two ends')
      const low = c === '\\' ? this.#escape(ignoreCase, true) : c
      const single = c !== '\\' || isSingle(low)
      if (this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']' && c !== '-') {
        this.#at++
        const d = this.#next()
        const high = d === '\\' ? this.#escape(false, true) : d
        if (!single || d === '[' || (d === '\\' && !isSingle(high)))
          throw new Untranslatable('has a range without two ends')
        if (ignoreCase) throw new Untranslatable('ignores the case of a range')
        out += `${c === '\\' ? low : literal(low, false, true)}-${d === '\\' ? high : literal(high, false, true)}`
      } else out += c === '\\' ? low : literal(c, ignoreCase, true)
      first = false
    }
  }

  /** What follows a backslash; a class is written as the inside of a bracket. */
  #escape(ignoreCase: boolean, inBracket: boolean): string {
    if (this.#at >= this.#pattern.length) throw new Untranslatable('ends in a backslash')
    const c = this.#next()
    if (c === 'p' || c === 'P') {
      const name = /^\{([A-Za-z_]{1,20})\}/.exec(this.#pattern.slice(this.#at, this.#at + 24))
      if (name?.[1] === undefined || !CATEGORIES.test(name[1])) throw new Untranslatable(`has a property after \\${c}`)
      if (ignoreCase && !/^[LNPSZM]$/.test(name[1])) throw new Untranslatable('ignores the case of a property')
      this.#at += name[0].length
      return `\\${c}{${SCRIPTS.test(name[1]) ? 'Script=' : ''}${name[1]}}`
    }
    if (c === 'x' || c === 'u') {
      const rest = this.#pattern.slice(this.#at, this.#at + 10)
      const digits = (c === 'u' ? /^([0-9A-Fa-f]{4})/ : /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-7][0-9A-Fa-f]))/).exec(rest)
      if (digits === null || ignoreCase) throw new Untranslatable(`has a code after \\${c}`)
      this.#at += digits[0].length
      return `\\u{${digits[1] ?? digits[2]}}`
    }
    if (Object.hasOwn(CLASSES, c)) return CLASSES[c] as string
    if (Object.hasOwn(CONTROLS, c)) return CONTROLS[c] as string
    if (/[A-Za-z0-9]/.test(c)) throw new Untranslatable(`has \\${c}`)
    return literal(c, ignoreCase, inBracket)
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? ''
  }

  #next(): string {
    const c = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0)
    this.#at += c.length
    return c
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }
}

const isSingle = (escaped: string): boolean => !/^\\[pP]/.test(escaped)

function literal(c: string, ignoreCase: boolean, inBracket: boolean): string {
  const plain = SYNTAX.test(c) ? (c === '-' && !inBracket ? '-' : `\\${c}`) : c
  if (!ignoreCase) return plain
  if (c.charCodeAt(0) > 0x7f) throw new Untranslatable('ignores the case of a letter beyond ASCII')
  if (!/[A-Za-z]/.test(c)) return plain
  const both = `${c.toLowerCase()}${c.toUpperCase()}${THIRD_CASE[c.toLowerCase()] ?? ''}`
  return inBracket ? both : `[${both}]`
}
