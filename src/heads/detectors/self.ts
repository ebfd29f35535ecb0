import { attentionTo, detector, rowsFrom } from './detector.ts'

/** Attention of a token to itself: A[q, q] over q ≥ 1, as the first can attend to nothing else (Clark et al. 2019, §3.1). */
export const self = detector({
  id: 'self',
  papers: [147],
  metric: 'mean attention to the token itself',
  rows: attentionTo('self'),
  queries: rowsFrom(1),
  keys: (_, q) => [q],
  positional: true,
})
