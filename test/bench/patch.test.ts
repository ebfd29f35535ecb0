import { beforeAll, expect, test } from 'vitest'
import type { BenchReport } from '../../src/bench/report.ts'
import { run, SENTENCE } from '../cli/support.ts'

const SWEEPS = ['z of every head', 'resid_pre by layer and position'] as const
let report: BenchReport
beforeAll(async () => {
  const { code, stdout, stderr } = await run(['bench', 'patch', 'specimen', '--reps', '1', '--json'])
  expect(code, stderr).toBe(0)
  report = JSON.parse(stdout) as BenchReport
})
const figure = (what: string): number => report.figures.find(f => f.what === what)?.value ?? Number.NaN

test('every figure has a name of its own and is a positive number', () => {
  const names = report.figures.map(f => f.what)
  expect(new Set(names).size).toBe(names.length)
  expect(report.figures.filter(f => !(Number.isFinite(f.value) && f.value > 0))).toEqual([])
})

test.each(SWEEPS)('%s: the operations counted are those of the plan, and fewer than those of every run alone', what => {
  expect(figure(`${what}: counted operations over the plan's`)).toBe(1)
  expect(figure(`${what}: operations of every run alone over counted`)).toBeGreaterThan(2)
})

test('every head, and every layer and position of the text, is patched', () => {
  const [z, resid] = SWEEPS.map(what => figure(`${what}: edited runs, the other text among them`))
  expect(z).toBe(8 * 8 + 1)
  expect(resid).toBe(8 * figure('tokens of a text') + 1)
})

test('without peers there is nothing of theirs', () => {
  expect(report.peers).toEqual([])
  expect(report.figures.filter(f => f.what.includes('PyTorch'))).toEqual([])
})

test('a pair that the peers cannot read is refused', async () => {
  const { code, stdout, stderr } = await run(['bench', 'patch', 'specimen', '--task', 'greater-than'])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(SENTENCE)
  expect(stderr).toMatch(/first pair of the task "greater-than" .* measured by logit_diff/)
})
