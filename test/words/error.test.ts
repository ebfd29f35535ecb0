import { expect, test } from 'vitest'
import { HeadwiseError, printable, throwIfAborted } from '../../src/words/error.ts'

test.each([
  ['ESC', '\u001b[31mred', '\\u001b[31mred'],
  ['a line feed', 'a\nb', 'a\\u000ab'],
  ['NUL and DEL', '\0\u007f', '\\u0000\\u007f'],
  ['C1, whose first is another ESC [', '\u009b31m', '\\u009b31m'],
  ['right-to-left override', 'abc\u202exslx', 'abc\\u202exslx'],
  ['isolates and marks', '\u2066\u2069\u200e\u200f\u061c', '\\u2066\\u2069\\u200e\\u200f\\u061c'],
  ['line separators and BOM', '\u2028\u2029\ufeff', '\\u2028\\u2029\\ufeff'],
  ['a lone high surrogate', 'a\ud800b', 'a\\ud800b'],
  ['a lone low surrogate', 'a\udc00', 'a\\udc00'],
  ['surrogates in the wrong order', '\udc00\ud800', '\\udc00\\ud800'],
])('%s is escaped', (_, text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('text that a terminal only shows stays as it is', () => {
  for (const text of ['', ' Tom', 'é 漢字 😀', 'עברית', '<script>', '\\u001b', 'e\u0301'])
    expect(printable(text)).toBe(text)
})

test('other values are shown as text', () => {
  expect([printable(12), printable(null), printable(undefined), printable(2n ** 64n)]).toEqual([
    '12',
    'null',
    'undefined',
    '18446744073709551616',
  ])
})

test('what cannot become text is shown by its kind', () => {
  const own = {
    toString: () => {
      throw new Error('no')
    },
  }
  expect([printable(Object.create(null)), printable(own)]).toEqual(['[object Object]', '[object Object]'])
})

test('what is too long is cut and says how long it was; a character cut in two is escaped', () => {
  expect(printable('x'.repeat(1e6))).toBe(`${'x'.repeat(400)}… (1000000 characters)`)
  expect(printable('ab😀', 3)).toBe('ab\\ud83d… (4 characters)')
})

test('an error is one printable sentence with its details', () => {
  const cause = new Error('below')
  const details = { code: 'x-y', file: 'f', where: 'w', found: '\u001b', allowed: [1] }
  const error = new HeadwiseError('token \u001b[2J of f', details, { cause })
  expect(error).toMatchObject({
    name: 'HeadwiseError',
    message: 'token \\u001b[2J of f',
    fault: 'data',
    cause,
    ...details,
  })
  expect(new HeadwiseError('m', { code: 'c', fault: 'usage' }).fault).toBe('usage')
})

test('an aborted signal interrupts, others do not', () => {
  expect(() => throwIfAborted(undefined)).not.toThrow()
  expect(() => throwIfAborted(new AbortController().signal)).not.toThrow()
  expect(() => throwIfAborted(AbortSignal.abort())).toThrow(
    expect.objectContaining({ code: 'interrupted', fault: 'interrupted' }),
  )
})
