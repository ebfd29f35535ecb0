import { expect, test } from 'vitest'
import { readSets, withSet, writeSets } from '../../../app/src/state/sets.ts'

const off = { on: true, change: { kind: 'scale', head: { layer: 6, head: 5 }, by: 0, at: 'all' } } as const

test('sets come back from storage as they were kept', () => {
  const sets = withSet([], { name: 'copying off', lines: [off] })
  expect(readSets(writeSets(sets))).toEqual(sets)
})

test('whatever else lies in storage, each name and each setting is there once', () => {
  expect(readSets('{')).toEqual([])
  expect(readSets(null)).toEqual([])
  const lines = ['z:6.5*1', 'what', 7, 'z:6.5*0']
  expect(readSets(JSON.stringify([{ name: 'a', lines }, { name: 'a', lines }, { name: 3 }, null]))).toEqual([
    { name: 'a', lines: [off] },
  ])
})
