import { beforeAll, expect, test } from 'vitest'
import type { BenchReport } from '../../src/bench/report.ts'
import { run } from '../cli/support.ts'

let report: BenchReport
beforeAll(async () => {
  const args = ['bench', 'workers', 'specimen', '--threads', '1', '--reps', '1', '--json']
  const { code, stdout, stderr } = await run(args)
  expect(code, stderr).toBe(0)
  report = JSON.parse(stdout) as BenchReport
})
const figure = (what: string): number => report.figures.find(f => f.what === what)?.value ?? Number.NaN

test('every figure has a name of its own and is a positive number', () => {
  const names = report.figures.map(f => f.what)
  expect(new Set(names).size).toBe(names.length)
  expect(report.figures.filter(f => !(Number.isFinite(f.value) && f.value > 0))).toEqual([])
})

test('the job has parts to share out, which together cost no less than one piece', () => {
  expect(figure('parts')).toBeGreaterThanOrEqual(4)
  expect(figure('operations in parts over those in one piece')).toBeGreaterThanOrEqual(1)
})

test('the curve begins and, with one core, ends at one', () => {
  expect(figure('workers: 1, speed-up over one')).toBe(1)
  expect(figure('workers: 2')).toBeNaN()
})
