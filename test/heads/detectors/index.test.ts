import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { detectors, findDetector } from '../../../src/heads/detectors/index.ts'
import { refusal } from '../../support/refusal.ts'

const folder = join(import.meta.dirname, '../../../src/heads/detectors')
/** `detector.ts` holds the form, `offset.ts` the family `offset-N`, which no list can hold. */
const named = readdirSync(folder)
  .map(f => f.replace(/\.ts$/, ''))
  .filter(f => !['detector', 'index'].includes(f))

describe('folder, index and tests are of one mind', () => {
  test('one file for each detector of the index', () => {
    expect(named.filter(n => n !== 'offset').sort()).toEqual(detectors.map(d => d.id).sort())
  })
  test.each(named)('%s has a test of its own', name => {
    expect(existsSync(join(import.meta.dirname, `${name}.test.ts`))).toBe(true)
  })
  test('ids are unique, kebab-case, and found', () => {
    const ids = detectors.map(d => d.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(ids.map(findDetector)).toEqual(detectors)
  })
  test('each says which papers it follows and what its number is', () => {
    for (const { papers, metric } of detectors) {
      expect(papers.length).toBeGreaterThan(0)
      expect(metric).not.toBe('')
    }
  })
})

test.each([
  ['offset-0', 'offset-0'],
  ['offset-12', 'offset-12'],
])('%s is found', (id, found) => {
  expect(findDetector(id).id).toBe(found)
})

test.each([
  ['indution', 'induction'],
  ['offset-', 'offset-N'],
  ['offset-01', 'offset-N'],
  ['offset-1.5', 'offset-N'],
  ['constructor', ''],
])('%s is refused, and the nearest name is told', async (id, near) => {
  const error = await refusal(() => findDetector(id))
  expect(error).toMatchObject({ code: 'detector-unknown', fault: 'usage', found: id })
  expect(error.message).toContain(near)
})
