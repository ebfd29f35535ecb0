import { expect, test } from 'vitest'
import { heardWords } from '../../../app/src/marks/heard-words.ts'

const token = (id: number, text: string, before: number, after: number) => ({
  id,
  text,
  before: Math.log(before),
  after: Math.log(after),
  among: { before: true, after: true },
  within: { before: true, after: true },
})
const after = {} as never

test('the likeliest token before and after is said, and where the first one is now', () => {
  const key = token(1, ' key', 0.825, 0.03)
  expect(heardWords({ tokens: [key, token(2, ' car', 0.01, 0.2)], after }, 2)).toBe(
    'With 2 edits: next token “ car” 20.0%, and “ key” is at 3.00%; without “ key” 82.5%.',
  )
  expect(heardWords({ tokens: [token(1, ' key', 0.825, 0.5)], after }, 1)).toBe(
    'With 1 edit: next token “ key” 50.0%; without “ key” 82.5%.',
  )
  expect(heardWords({ tokens: [key], after: null }, 0)).toBe('Next token “ key” 82.5%.')
  expect(heardWords({ tokens: [], after: null }, 0)).toBe('')
})
