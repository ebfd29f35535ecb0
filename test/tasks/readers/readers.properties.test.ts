import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readers } from '../../../src/tasks/readers/index.ts'
import { HeadwiseError } from '../../../src/words/error.ts'
import { damages, mutate } from '../../checkpoint/mutate.ts'
import { Scratch } from '../../checkpoint/scratch.ts'
import { examples } from './examples.ts'

let [read, refused] = [0, 0]

test.each(examples)('$reader ($layout), damaged, is read or refused in one sentence', async example => {
  const reader = readers.find(r => r.id === example.reader)!
  using scratch = new Scratch()
  const names = Object.keys(example.files)
  const property = fc.asyncProperty(damages, fc.nat({ max: names.length - 1 }), async (list, which) => {
    for (const [i, [name, text]] of Object.entries(example.files).entries())
      scratch.write(name, i === which ? mutate(Buffer.from(text), list) : text)
    try {
      expect((await reader.read(scratch.folder)).length).toBeGreaterThan(0)
      read++
    } catch (error) {
      if (!(error instanceof HeadwiseError)) throw error
      expect(error.fault, error.message).toBe('data')
      expect(error.file?.startsWith(scratch.folder)).toBe(true)
      expect(error.message).toMatch(/^[^\u0000-\u001f\u007f]+\.$/)
      refused++
    }
  })
  await fc.assert(property, { numRuns: 100 })
})

test('the damage was neither harmless nor fatal throughout', () => {
  expect(read).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(100)
})
