import { describe, expect, test } from 'vitest'
import { progressLine } from '../../../src/cli/terminal/progress.ts'

describe('progress', () => {
  const told = (isTTY: boolean, times: readonly number[]) => {
    const out: string[] = []
    let now = 0
    const line = progressLine({ isTTY, columns: 80, write: text => out.push(text) }, () => now)
    for (const [i, time] of times.entries()) {
      now = time
      line.report({ what: 'runs', done: i, total: 10 })
    }
    line.clear()
    return out
  }

  test('says nothing of short work', () => {
    expect(told(true, [0, 500, 1000, 1900])).toEqual([])
  })
  test('redraws one line on a terminal and takes it away', () => {
    const out = told(true, [0, 2000, 4000])
    expect(out).toHaveLength(3)
    expect(out[1]).toContain('runs 2 of 10, 16.0 s left')
    expect(out[2]).toBe('\r\u001b[K')
  })
  test('writes sparse lines elsewhere', () => {
    expect(told(false, [0, 2500, 5000, 13_000])).toEqual(['runs 1 of 10, 22.5 s left\n', 'runs 3 of 10, 30.3 s left\n'])
  })
})
