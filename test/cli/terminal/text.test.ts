import { describe, expect, test } from 'vitest'
import { cut, forTerminal, quoted, widthOf, wrap } from '../../../src/cli/terminal/text.ts'

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
  test('on its way out is obeyed in colours, line breaks and tabs, and in nothing else', () => {
    const fine = 'a\tb\n\u001b[1mbold\u001b[0m \u001b[38;5;16mink\u001b[0m 日本 é 👍'
    expect(forTerminal(fine)).toBe(fine)
    expect(forTerminal('\u001b]0;title\u0007\u001b[2J\u009b31m\u202e\r\u001bc')).toBe(
      '\\u001b]0;title\\u0007\\u001b[2J\\u009b31m\\u202e\\u000d\\u001bc',
    )
  })
  test('is wrapped at words', () => {
    expect(wrap('one two three', 9, '  ')).toBe('  one two\n  three')
  })
})
