export interface Schema {
  readonly before: string
  readonly pronoun: string
  readonly after: string
}

const POSSESSIVE = /^(his|her|its|their)$/i
const FUNCTION_WORD = /^(The|A|An|This|That|My|His|Her|Our|Their)\b/

/**
 * The sentence with the candidate in the place of the pronoun, as one would write it: capitalised where a sentence
 * begins, articles in lower case elsewhere, "Ann's" as "Ann" and a possessive pronoun as "Ann's". `her` counts as
 * possessive where a word follows.
 */
export function substituted({ before, pronoun, after }: Schema, candidate: string): string {
  const begins = /(^|[.!?]["']?)\s*$/.test(before)
  const plain = candidate.trim().replace(/'s$/, '')
  const cased = begins
    ? plain.charAt(0).toUpperCase() + plain.slice(1)
    : plain.replace(FUNCTION_WORD, word => word.toLowerCase())
  const possessive = POSSESSIVE.test(pronoun.trim()) && /^\s*\p{L}/u.test(after)
  const joint = /^\s*[.,;:!?]/.test(after) ? '' : ' '
  const start = before.trim() === '' ? '' : `${before.trim()} `
  return `${start}${cased}${possessive ? "'s" : ''}${joint}${after.trim()}`
}
