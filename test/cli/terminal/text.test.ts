import { describe, expect, test } from 'vitest'
import { cut, quoted, widthOf, wrap } from '../../../src/cli/terminal/text.ts'

describe('text', () => {
  test('is measured in columns', () => {
    expect(['abc', '日本', 'é', '👍', '\u001b[1mab\u001b[0m', 'ｆｕ'].map(widthOf)).toEqual([3, 4, 1, 2, 2, 4])
  })
  test('is cut with an ellipsis, never in the middle of a wide character', () => {
    expect([cut('abcdef', 6), cut('abcdef', 5), cut('日本語', 4)]).toEqual(['abcdef', 'abcd…', '日…'])
  })
  test('of tokens shows its spaces and obeys nothing', () => {
    expect(quoted(' the')).toBe('" the"')
    expect(quoted('\n\t\u001b[31m\u202e')).toBe('"\\n\\t\\u001b[31m\\u202e"')
  })
  test('is wrapped at words', () => {
    expect(wrap('one two three', 9, '  ')).toBe('  one two\n  three')
  })
})
