import { attentionTo, detector, type PromptFacts, rowsFrom } from './detector.ts'

const DELIMITER = /^\s*[.,;:!?]+\s*$|^\n+$/

/** Punctuation that ends a clause, line breaks and special tokens. */
const isDelimiter = ({ tokenText, specialIds }: PromptFacts, id: number): boolean =>
  specialIds.has(id) || DELIMITER.test(tokenText(id))

/**
 * Attention to delimiters: A[q, k] summed over k ≤ q whose token is a special token, clause punctuation or a line
 * break, over q ≥ 1 (Clark et al. 2019, §3.2: [SEP], periods and commas).
 */
export const delimiter = detector({
  id: 'delimiter',
  papers: [147],
  metric: 'mean attention to delimiters',
  rows: attentionTo('delimiter'),
  queries: rowsFrom(1),
  keys: (prompt, q) => prompt.ids.slice(0, q + 1).flatMap((id, k) => (isDelimiter(prompt, id) ? [k] : [])),
})
