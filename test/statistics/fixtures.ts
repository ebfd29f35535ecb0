import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Ends {
  low: number
  high: number
  error: number
}
interface Pairs {
  x: number[]
  y: number[]
}

/** What scipy computed: see `make.py` beside the file. */
export const tests = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/statistics/tests.json'), 'utf8'),
) as {
  signFlip: { values: number[]; p: number }[]
  labels: { a: number[]; b: number[]; p: number }[]
  fdr: { p: number[]; q: number[] }
  rank: (Pairs & { spearman: number; kendall: number })[]
  rankIntervals: Pairs & { spearman: Ends; kendall: Ends }
  percentile: { value: number; percentile: number }[]
  controls: number[]
}
export const { paired } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/statistics/bootstrap.json'), 'utf8'),
) as {
  paired: (Ends & { name: string; a: number[]; b: number[]; clusters?: number[]; level: number })[]
}
