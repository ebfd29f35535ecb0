import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/load.ts'

interface Golden {
  readonly text: string
  readonly ids: number[]
  readonly ids_special: number[]
  readonly ids_plain: number[]
  readonly decoded: string
  readonly decoded_skip_special: string
}

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const goldens = JSON.parse(read('test/fixtures/golden-specimen/tokenizer.json')) as Golden[]
const specimen = await loadTokenizer({
  kind: 'json',
  file: 'tokenizer.json',
  json: read('models/specimen/tokenizer.json'),
  config: JSON.parse(read('models/specimen/tokenizer_config.json')) as Record<string, unknown>,
  embeddingRows: 4096,
})

test('the goldens are all there', () => expect(goldens).toHaveLength(60))

test.each(goldens.map(g => [JSON.stringify(g.text.slice(0, 40)), g] as const))('specimen: %s', async (_, g) => {
  expect(await specimen.encode(g.text, { first: false })).toEqual(g.ids)
  expect(await specimen.encode(g.text)).toEqual(g.ids_special)
  expect(await specimen.encode(g.text, { special: 'plain', first: false })).toEqual(g.ids_plain)
  expect(specimen.decode(g.ids)).toBe(g.decoded)
  expect(specimen.decode(g.ids, { special: 'skip' })).toBe(g.decoded_skip_special)
})

test('facts of the specimen', () => {
  expect(specimen.vocabSize).toBe(4096)
  expect(specimen.firstToken).toBe(0)
  expect(specimen.bosLike).toBe(0)
  expect(specimen.endTokens).toEqual([0])
  expect([...specimen.specialIds]).toEqual([0])
  expect(specimen.hash).toMatch(/^[0-9a-f]{64}$/)
})
