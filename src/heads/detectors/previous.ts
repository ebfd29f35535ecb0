import { attentionTo, detector, rowsFrom } from './detector.ts'

/** Attention to the token before: A[q, q−1] over q ≥ 1 (Clark et al. 2019; Olsson et al. 2022). */
export const previous = detector({
  id: 'previous',
  papers: [147, 271],
  metric: 'mean attention to the previous token',
  rows: attentionTo('previous'),
  queries: rowsFrom(1),
  keys: (_, q) => [q - 1],
  positional: true,
})
