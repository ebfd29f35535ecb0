import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '../../src')
const files = readdirSync(src, { recursive: true })
  .map(String)
  .filter(f => f.endsWith('.ts'))

test('one file knows the queue’s library, and loads it only when a queue is asked for', () => {
  const naming = files.filter(f => /['"]bullmq['"]/.test(readFileSync(join(src, f), 'utf8')))
  expect(naming).toEqual([join('jobs', 'bullmq.ts')])
  const text = readFileSync(join(src, 'jobs/bullmq.ts'), 'utf8')
  expect(text).not.toMatch(/^import .*'bullmq'/m)
  expect(text).toContain("await import('bullmq')")
})
