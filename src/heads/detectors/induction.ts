import { attentionTo, detector, earlierOccurrences, repeatedRows } from './detector.ts'

/**
 * Prefix matching: attention from a token to whatever followed its earlier occurrences.
 * Olsson et al. 2022, In-context Learning and Induction Heads: A[q, k+1] summed over k < q with ids[k] = ids[q].
 */
export const induction = detector({
  id: 'induction',
  papers: [271],
  metric: 'mean attention to the token after an earlier occurrence',
  rows: attentionTo('induction'),
  queries: repeatedRows,
  keys: ({ ids }, q) => earlierOccurrences(ids, q).flatMap(k => (k + 1 < q ? [k + 1] : [])),
})
