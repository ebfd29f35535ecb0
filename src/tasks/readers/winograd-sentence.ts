export interface Schema {
  readonly before: string
  readonly pronoun: string
  readonly after: string
}

const POSSESSIVE = /^(his|her|its|their)$/i
const ARTICLE = /^(The|A|An|This|That|My|His|Her|Our|Their)\b/
/** Words that do not begin what "her" owns: after "told her that" the pronoun is an object. */
const NO_NOUN =
  /^\s*(a|an|the|and|or|but|as|at|by|for|from|in|into|of|off|on|out|over|than|that|to|up|down|away|back|about|after|against|because|before|during|if|since|so|then|through|until|when|where|while|who|with|without|is|was|were|had|has|would|could|not)\b/i
/** A sentence begins after the end of the one before; an opening quote or bracket may stand between. */
const END = /[.!?]["'”’)]?$/
const OPENING = /(^|[\s(])["'“‘([]$/
const CLOSING = /^\s*[.,;:!?)\]”’]|^["'-]/

/**
 * The sentence with the candidate in the place of the pronoun, as one would write it: capitalised where a sentence
 * begins, articles in lower case elsewhere, "Ann's" as "Ann" and a possessive pronoun as "Ann's". `her` counts as
 * possessive where a word follows that may begin a noun phrase.
 */
export function substituted({ before, pronoun, after }: Schema, candidate: string): string {
  const plain = candidate.trim().replace(/'s$/, '')
  const cased = beginsSentence(before)
    ? plain.charAt(0).toUpperCase() + plain.slice(1)
    : plain.replace(ARTICLE, word => word.toLowerCase())
  const object = /^her$/i.test(pronoun.trim()) && NO_NOUN.test(after)
  const possessive = POSSESSIVE.test(pronoun.trim()) && /^\s*\p{L}/u.test(after) && !object
  const start = before.trim() === '' || OPENING.test(before.slice(-2)) ? before.trim() : `${before.trim()} `
  return `${start}${cased}${possessive ? "'s" : ''}${CLOSING.test(after) ? '' : ' '}${after.trim()}`
}

function beginsSentence(before: string): boolean {
  const ended = before.trimEnd()
  const outside = OPENING.test(ended.slice(-2)) ? ended.slice(0, -1).trimEnd() : ended
  return outside === '' || END.test(outside.slice(-2))
}
