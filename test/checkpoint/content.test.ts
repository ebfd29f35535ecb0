import '../support/cache.ts'
import { expect, test } from 'vitest'
import { expectedHash, own, placeOf, weightsOf } from './content.ts'

test.each(own)('%s: every bit of every weight is what numpy reads', async name => {
  expect((await weightsOf(placeOf(name))).hash).toBe(expectedHash(name))
})
