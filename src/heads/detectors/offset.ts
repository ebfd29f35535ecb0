import { attentionTo, type Detector, detector, rowsFrom } from './detector.ts'

/**
 * Attention to the token `offset` places back (0: to itself): A[q, q − offset] over q ≥ offset. One curve over offsets
 * is the positional profile of Clark et al. 2019, §3.1.
 */
export const offset = (places: number): Detector =>
  detector({
    id: `offset-${places}`,
    papers: [147],
    metric: `mean attention ${places} places back`,
    rows: attentionTo(`offset-${places}`),
    queries: rowsFrom(places),
    keys: (_, q) => [q - places],
    positional: true,
  })
