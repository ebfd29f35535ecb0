import { expect, test } from 'vitest'
import { inContextPairs } from '../../../src/tasks/readers/in-context.ts'
import { refusal } from '../../support/refusal.ts'

const rows = Array.from({ length: 30 }, (_, i) => ({ input: `in${i}`, output: `out${i}` }))
const shotsOf = (prompt: string): [string, string][] =>
  [...prompt.matchAll(/Q: (\w+)\nA: (\w+)\n\n/g)].map(m => [m[1]!, m[2]!])

test('each row is asked once after ten other rows, and its twin has the same inputs and shuffled outputs', () => {
  const pairs = inContextPairs(rows, 'numbers', 'f')
  expect(pairs).toHaveLength(rows.length)
  for (const [i, { clean, corrupt, answers }] of pairs.entries()) {
    expect(answers).toEqual([` out${i}`])
    const [right, wrong] = [shotsOf(clean), shotsOf(corrupt)]
    expect(right).toHaveLength(10)
    expect(new Set(right.map(([x]) => x)).size).toBe(10)
    for (const [x, y] of right) expect([x.slice(2), x]).toEqual([y.slice(3), expect.not.stringMatching(`^in${i}$`)])
    expect(wrong.map(([x]) => x)).toEqual(right.map(([x]) => x))
    expect(wrong.map(([, y]) => y).sort()).toEqual(right.map(([, y]) => y).sort())
    expect(corrupt).not.toBe(clean)
    expect(clean.endsWith(`\n\nQ: in${i}\nA:`)).toBe(true)
  }
})

test('the draw is a function of the name and the rows', () => {
  expect(inContextPairs(rows, 'numbers', 'f')).toEqual(inContextPairs(rows, 'numbers', 'other file'))
  expect(inContextPairs(rows, 'others', 'f')).not.toEqual(inContextPairs(rows, 'numbers', 'f'))
})

test("shots never hold the query's own input, and small files have fewer", () => {
  const twice = [...rows.slice(0, 4), { input: 'in0', output: 'other' }]
  const pairs = inContextPairs(twice, 'twice', 'f')
  expect(pairs.map(p => shotsOf(p.clean).length)).toEqual([3, 4, 4, 4, 3])
  expect(shotsOf(pairs[0]!.clean).some(([x]) => x === 'in0')).toBe(false)
})

test('outputs that are all the same cannot be shuffled; too few rows are refused', async () => {
  const same = rows.map(r => ({ ...r, output: 'same' }))
  expect(inContextPairs(same, 'same', 'f')).toEqual([])
  expect(inContextPairs([...same.slice(0, 25), ...rows.slice(0, 5)], 'mixed', 'f')).toHaveLength(30)
  expect((await refusal(() => inContextPairs(rows.slice(0, 2), 'few', 'f'))).message).toMatch(/holds 2 rows/)
})
