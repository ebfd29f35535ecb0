import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startClock } from '../../src/text/guard.ts'
import { compilePattern } from '../../src/text/patterns.ts'
import { translatePattern, Untranslatable } from '../../src/text/regex.ts'
import { search } from '../../src/text/search.ts'

/** The pieces into which Hugging Face tokenizers cuts strings at each pattern (test/fixtures/tokenizers/make.py). */
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/tokenizers/patterns.json'), 'utf8')) as {
  readonly name: string
  readonly pattern: string
  readonly cases: string[][]
}[]

describe('patterns cut strings as Hugging Face tokenizers does', () => {
  test.each(fixture.map(f => [f.name, f] as const))('%s', async (_, { pattern, cases }) => {
    const compiled = compilePattern({ regex: pattern }, 'fixture', 'pattern')
    const texts = cases.map(pieces => pieces.join(''))
    const cut = await search(compiled, texts, { file: 'fixture', clock: startClock() })
    expect(cut.map(stretches => stretches.map(s => s.text))).toEqual(cases)
  })

  test('published patterns run inline, others do not', () => {
    const linear = fixture.filter(f => compilePattern({ regex: f.pattern }, 'f', 'w').linear).map(f => f.name)
    expect(linear).toEqual(['GPT-2', 'Llama 3', 'Qwen2', 'Tekken', 'GPT-4o'])
  })
})

/** Every refused pattern stands beside a near one that is translated. */
const refused: readonly (readonly [string, string])[] = [
  ['(', '(a)'],
  ['a)', 'a'],
  ['[', '[a]'],
  ['[a', '[a]'],
  ['[]', '[\\]]'],
  ['[z-a]', '[a-z]'],
  ['[[:alpha:]]', '[\\p{L}]'],
  ['[a&&b]', '[a&b]'],
  ['[\\s-z]', '[\\s\\-z]'],
  ['a**', 'a*'],
  ['*a', 'a*'],
  ['a{2}?', 'a{2,3}?'],
  ['a{,2}', 'a{0,2}'],
  ['a{', 'a\\{'],
  ['(?=a)*', '(?=a)'],
  ['\\1', '\\.'],
  ['\\b', '\\w'],
  ['\\h', '\\d'],
  ['\\p{Klingon}', '\\p{Han}'],
  ['\\p{^L}', '\\P{L}'],
  ['(?i)a', '(?i:a)'],
  ['(?m:a)', '(?:a)'],
  ['(?i:ss)', '(?i:s)'],
  ['(?i:\u00e9)', '\u00e9'],
  ['(?i:[a-z])', '[a-z]'],
  ['(?<name>a)', '(a)'],
  ['(?#note)a', 'a'],
  ['a\\', 'a\\\\'],
  ['('.repeat(60) + ')'.repeat(60), '('.repeat(40) + ')'.repeat(40)],
  ['a'.repeat(10_001), 'a'.repeat(10_000)],
]

test.each(refused.map(([bad, good]) => [bad.slice(0, 20), bad, good] as const))('%s is refused', (_, bad, good) => {
  expect(() => translatePattern(bad)).toThrow(Untranslatable)
  expect(() => new RegExp(translatePattern(good), 'gu')).not.toThrow()
})
