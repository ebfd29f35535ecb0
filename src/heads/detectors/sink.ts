import { attentionTo, detector, rowsFrom } from './detector.ts'

/** Attention to the first token: A[q, 0] over q ≥ 1 (Xiao et al. 2023, attention sinks). */
export const sink = detector({
  id: 'sink',
  papers: [147],
  metric: 'mean attention to the first token',
  rows: attentionTo('sink'),
  queries: rowsFrom(1),
  keys: () => [0],
})
