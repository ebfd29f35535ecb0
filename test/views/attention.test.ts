import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { load } from '../../src/library/load.ts'
import { attentionView } from '../../src/views/index.ts'

const TEXT = 'One day Lily found a shiny key. Ben lost the shiny'
const EVIL = `<script>globalThis.bad=1</script>"><img src=x onerror='bad'>&amp;`
const blank = { shape: [1, 1, 2, 2], data: [1, 0, 0.25, 0.75] }

test('the numbers are those of the library, on the tokens that they belong to', async () => {
  await using m = await load('specimen')
  const { document, get } = await m.run(TEXT, { capture: ['pattern'] })
  if (!('tokens' in document)) throw new Error('one prompt')
  const tokenizer = await m.tokenizer()
  const texts = document.tokens.map(id => tokenizer.tokenText(id))
  const pattern = get('pattern')
  const html = attentionView(document, pattern, { texts, head: '6.1' }).toHtml()
  const options = [...html.matchAll(/<span role="option"[^>]* title="(\d+): ([^"]+)"[^>]*>([^<]*)<\/span>/g)]
  const [, heads = 0, time = 0] = pattern.shape
  expect(options.length).toBe(time)
  const row = pattern.data.subarray(((6 * heads + 1) * time + time - 1) * time).subarray(0, time)
  for (const [k, [, at, share]] of options.entries()) {
    expect(Number(at)).toBe(k)
    expect(Math.abs(Number(share) - row[k]!)).toBeLessThanOrEqual(0.006 * row[k]!)
  }
  expect(options[7]![3]).toBe('␣key')
  expect(html).toMatch(/Head 6\.1, share of attention from “␣shiny” at 12: 0\.8\d+ to “␣key” at 7/)
})

test('tokens stay text', () => {
  const view = attentionView({ tokens: [1, 2] }, blank, { texts: [EVIL, '\u202e<b>'] })
  const html = view.toHtml()
  expect(html).not.toMatch(/<(script|img|b)\b/)
  expect(html).toContain('&#60;script&#62;globalThis.bad=1&#60;/script&#62;')
  expect(html).not.toContain('\u202e')
  const display = Reflect.get(view, Symbol.for('Jupyter.display')) as () => unknown
  expect(display()).toEqual({
    'text/html': html,
    'text/plain': expect.stringMatching(/^Head 0\.0, share of attention from “\\u202e<b>” at 1: 0\.750 to/),
  })
})

test('what does not belong together is refused', () => {
  expect(() => attentionView({ tokens: [1, 2, 3] }, blank)).toThrow('The pattern is of 2 tokens; the result has 3')
  expect(() => attentionView({ tokens: [1, 2] }, blank, { query: 2 })).toThrow('positions 0 to 1')
  expect(() => attentionView({ tokens: [1, 2] }, blank, { head: '3.0' })).toThrow('no pattern of head 3.0')
})

test('nothing that the view needs is of Node', () => {
  const src = join(import.meta.dirname, '../../src')
  const seen = new Set<string>()
  const walk = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, from] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b(?! type)[^'\n]*(?:\{[^}]*\})?[^'\n]*from '([^']+)'/gm,
    )) {
      expect(from, file).toMatch(/^\./)
      walk(join(file, '..', from!))
    }
  }
  for (const f of readdirSync(join(src, 'views'))) walk(join(src, 'views', f))
  expect([...seen].length).toBeGreaterThan(6)
})
