import { attentionTo, detector, earlierOccurrences, repeatedRows } from './detector.ts'

/**
 * Attention from a token to its earlier occurrences: A[q, k] summed over k < q with ids[k] = ids[q].
 * Wang et al. 2022 call such heads duplicate-token heads.
 */
export const duplicate = detector({
  id: 'duplicate',
  papers: [271],
  metric: 'mean attention to an earlier occurrence of the same token',
  rows: attentionTo('duplicate'),
  queries: repeatedRows,
  keys: ({ ids }, q) => earlierOccurrences(ids, q),
})
