import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStrictJson } from '../../src/checkpoint/strict-json.ts'
import { canonicalJson, toJson } from '../../src/results/json.ts'

const text = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map(c => String.fromCharCode(c)),
    fc.string(),
  ),
})
const plain = fc.jsonValue({ stringUnit: 'binary' })

test('every document parses strictly and holds the same value, with nothing a terminal obeys', () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, plain)), value => {
      const document = toJson(value)
      expect(document).not.toMatch(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udbff](?![\udc00-\udfff])/,
      )
      expect(document.indexOf('\n')).toBe(document.length - 1)
      expect(JSON.stringify(parseStrictJson(document, { file: 'f.json' }))).toBe(
        JSON.stringify(JSON.parse(canonicalJson(value))),
      )
      expect(JSON.parse(document)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('the text does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, plain)), entries => {
      const object = Object.fromEntries(entries)
      const turned = Object.fromEntries(Object.entries(object).reverse())
      expect(canonicalJson(turned)).toBe(canonicalJson(object))
    }),
  )
})
