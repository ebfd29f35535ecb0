import { expect, test } from 'vitest'
import { recovery } from '../../src/causal/recovery.ts'
import { refusal } from '../support/refusal.ts'

const clean = Float64Array.of(4, 6, 5)
const corrupt = Float64Array.of(-4, -2, 1)

test('0 for the corrupt runs, 1 for the clean ones, a ratio of sums in between', () => {
  const patched = Float64Array.from([0, 1, 2].flatMap(i => [corrupt[i]!, clean[i]!, i === 0 ? clean[0]! : corrupt[i]!]))
  const { ratio, low, high } = recovery({ clean, corrupt, patched }, 3, { seed: 0, draws: 500 })
  expect([...ratio]).toEqual([0, 1, 8 / 20])
  // Where every prompt has one recovery, every resample has it.
  expect([low![0], high![0], low![1], high![1]]).toEqual([0, 0, 1, 1])
  expect(low![2]!).toBeLessThan(8 / 20)
  expect(high![2]!).toBeGreaterThan(8 / 20)
})

test('one prompt has a value and no interval', () => {
  const one = (x: number) => Float64Array.of(x)
  const { ratio, low, high } = recovery({ clean: one(3), corrupt: one(1), patched: one(2) }, 1, { seed: 0 })
  expect([[...ratio], low, high]).toEqual([[0.5], undefined, undefined])
})

test('a corruption that cannot be told from none is refused', async () => {
  const same = {
    clean: Float64Array.of(1, -1, 0.5),
    corrupt: Float64Array.of(0, 0, 0),
    patched: Float64Array.of(0, 0, 0),
  }
  expect(await refusal(() => recovery(same, 1, { seed: 0 }))).toMatchObject({ code: 'ratio-denominator' })
})
