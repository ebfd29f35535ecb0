import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StopStrings } from '../../src/library/stop-strings.ts'

const through = (pieces: readonly string[], stops: readonly string[]) => {
  const text = new StopStrings(stops)
  const out = pieces.map(p => text.push(p))
  return { out, text: out.join('') + text.flush(), stopped: text.stopped }
}

test('a stop string across pieces never comes out, not even its beginning', () => {
  expect(through(['one', '\n', '\nQ', ': two'], ['\n\nQ:'])).toEqual({
    out: ['one', '', '', ''],
    text: 'one',
    stopped: true,
  })
})
test('what only began like one comes out with what follows', () => {
  expect(through(['a<', '|e', 'x'], ['<|end|>'])).toEqual({ out: ['a', '', '<|ex'], text: 'a<|ex', stopped: false })
})
test('what is held back at the end is text', () => {
  expect(through(['a<|e'], ['<|end|>'])).toEqual({ out: ['a'], text: 'a<|e', stopped: false })
})
test('no stop strings, and empty ones, hold nothing back', () => {
  expect(through(['a', 'b'], [''])).toEqual({ out: ['a', 'b'], text: 'ab', stopped: false })
})

test('however the text is cut, it ends before the first stop string', () => {
  const letter = fc.constantFrom('a', 'b', 'c')
  const text = (max: number) => fc.array(letter, { maxLength: max }).map(l => l.join(''))
  fc.assert(
    fc.property(fc.array(text(3), { maxLength: 12 }), text(4).filter(Boolean), (pieces, stop) => {
      const whole = pieces.join('')
      const end = whole.indexOf(stop)
      const found = through(pieces, [stop])
      expect(found.text).toBe(end < 0 ? whole : whole.slice(0, end))
      expect(found.stopped).toBe(end >= 0)
    }),
    { seed: 1 },
  )
})
