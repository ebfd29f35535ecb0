import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonFault } from '../../src/checkpoint/json-fault.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
const ends = [
  '',
  '"',
  '0',
  '":0',
  ':0',
  '"a":0',
  'n"',
  'n":0',
  'u0000"',
  'u0000":0',
  'rue',
  'alse',
  'ull',
  'ue',
  'lse',
  'll',
  'se',
  'e',
  'l',
]
const hexEnds = ['0000"', '000"', '00"', '0"'].flatMap(end => [end, `${end}:0`])
const closers = ['']
for (let i = 0; closers.length < 31; i++) closers.push(`${closers[i]}]`, `${closers[i]}}`)
/** Whether some ending makes the text JSON, of those that small texts need. */
const completes = (text: string): boolean =>
  [...ends, ...hexEnds].some(end => closers.some(close => isJson(text + end + close)))

const small = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<unknown>(null, true, false, 0, -1.5, 1e300, '', 'a"b', '\\', '\u2028', 'ü'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', '"', ''), tie('value'), { maxKeys: 2 }),
  ),
})).value

const damaged = fc
  .tuple(
    small,
    fc.nat({ max: 60 }),
    fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '\\', '0', 'x', '\n', 'NaN', '//', ' ', 'e', '.'),
    fc.boolean(),
  )
  .map(([value, at, insert, replace]) => {
    const text = JSON.stringify(value)
    const place = at % (text.length + 1)
    return text.slice(0, place) + insert + text.slice(place + (replace ? 1 : 0))
  })

test('a text is JSON by the parser of JavaScript, or something before the fault can still become JSON', () => {
  fc.assert(
    fc.property(damaged, text => {
      const at = jsonFault(text)
      expect(at).toBeLessThanOrEqual(text.length)
      if (isJson(text)) expect(at).toBe(text.length)
      else if (at === text.length) expect(completes(text), text).toBe(true)
      if (at < text.length) expect(completes(text.slice(0, at)), `${text} up to ${at}`).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
