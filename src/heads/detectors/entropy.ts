import { eq, log, mul, neg, where } from '../../graph/primitives/elementwise.ts'
import { scalar } from '../../graph/primitives/leaf.ts'
import { sum } from '../../graph/primitives/reduce.ts'
import { detector, rowsFrom } from './detector.ts'

/** −Σ A ln A over the keys, nats, 0 ln 0 = 0; mean over all rows, the first included (Clark et al. 2019, §3.3). */
export const entropy = detector({
  id: 'entropy',
  papers: [147],
  metric: 'mean entropy of attention, nats',
  rows: pattern => neg(sum(mul(pattern, log(where(eq(pattern, scalar(0)), scalar(1), pattern))), -1)),
  queries: rowsFrom(0),
})
