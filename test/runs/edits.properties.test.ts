import '../support/allclose.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runSequence } from '../../src/runs/run.ts'
import { f32 } from '../../src/words/arrays.ts'
import { anyEdits } from '../support/arbitrary-edits.ts'
import { editHook } from '../support/edit-oracle.ts'
import { engineOf, tiny } from '../support/models.ts'
import { plainForward } from '../support/plain-forward.ts'

const IDS = [31, 11, 17, 6, 11, 23]

describe.each([
  ['gqa', 'cpu', 60],
  ['bias', 'cpu', 40],
  ['mqa', 'reference', 25],
] as const)('%s on %s', (name, device, numRuns) => {
  test('random edits give what the oracle gives, cell by cell', async () => {
    await using engine = await engineOf(tiny(name), device)
    const { config, weights } = engine
    await fc.assert(
      fc.asyncProperty(anyEdits(config, IDS), async edits => {
        const hook = editHook(config, weights, IDS, edits)
        const expected = plainForward(config, weights, IDS, hook)
        const { logits } = await runSequence(engine, IDS, { edits, allLogits: true })
        const oracle = f32(logits.shape, Float32Array.from(expected.flat()))
        expect(logits).toBeAllclose(oracle, { atol: 5e-5, rtol: 5e-5 })
      }),
      { numRuns, seed: 4 },
    )
  })
})
