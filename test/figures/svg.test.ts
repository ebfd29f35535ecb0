import { expect, test } from 'vitest'
import { element, escapeXml, polyline, tokenLabel, widthOf, wrap } from '../../src/figures/svg.ts'

test('what could end a text or an attribute is escaped; what XML cannot hold is replaced', () => {
  expect(escapeXml('<a b="c">&\'')).toBe('&#60;a b=&#34;c&#34;&#62;&#38;&#39;')
  expect(escapeXml(']]>')).toBe(']]&#62;')
  expect(escapeXml('a\u0000\u001b\ud800\uffffb\n')).toBe('a\ufffd\ufffd\ufffd\ufffdb\n')
  expect(escapeXml('🙂')).toBe('🙂')
  expect(element('g', { id: '"><script>' })).toBe('<g id="&#34;&#62;&#60;script&#62;"/>')
})

test('spaces of tokens are seen, what a viewer would obey is spelled out, long ones lose their end', () => {
  expect(tokenLabel(' Tom')).toBe('␣Tom')
  expect(tokenLabel('\n\t ')).toBe('↵⇥␣')
  expect(tokenLabel('\u202eab')).toBe('\\u202eab')
  expect(tokenLabel('<|endoftext|>')).toBe('<|endoftext|>')
  expect([...tokenLabel('🙂'.repeat(40))]).toHaveLength(14)
})

test('a line breaks where there is no number', () => {
  expect(
    polyline([
      [0, 0],
      [1, 1.234],
      [2, Number.NaN],
      [3, 3],
    ]),
  ).toBe('M0 0L1 1.23M3 3')
})

test('words wrap by their width; a wide letter counts twice', () => {
  expect(wrap('aaaa bbbb cccc', 10, 60)).toEqual(['aaaa bbbb', 'cccc'])
  expect(wrap('a'.repeat(50), 10, 60)).toEqual(['a'.repeat(50)])
  expect(widthOf('漢', 10)).toBe(widthOf('ab', 10))
})
