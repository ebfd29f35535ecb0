import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from '../../src/words/error.ts'

const unit = fc.integer({ min: 0, max: 0xffff }).map(c => String.fromCharCode(c))

test('whatever the text, nothing that a terminal obeys is left, and escaping again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 300 }), text => {
      const shown = printable(text)
      // Categories: control, format (bidirectional controls are a part of it), separators, unpaired surrogates.
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u)
      expect(printable(shown, 1e6)).toBe(shown)
    }),
  )
})
