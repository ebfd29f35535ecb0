import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { load } from '../../src/library/load.ts'
import { readConllu } from '../../src/text/conllu.ts'
import type { Grid } from '../../src/words/grid.ts'
import { run, SENTENCE, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const env = { HEADWISE_CACHE: join(folder, 'cache') }
const file = join(folder, 'names.conllu')
const line = (id: number, form: string, head: number, relation: string, misc = '_') =>
  [id, form, '_', '_', '_', '_', head, relation, '_', misc].join('\t')
const NAMES = ['Ben', 'Lily', 'Tom', 'Mary', 'Max', 'Sam', 'Anna', 'Lucy', 'Jack', 'Mia']
beforeAll(() => {
  const sentences = Array.from({ length: 4 }, () => NAMES)
    .flat()
    .map(name =>
      [
        line(1, name, 2, 'nsubj'),
        line(2, 'lost', 0, 'root'),
        line(3, 'the', 4, 'det'),
        line(4, 'key', 2, 'obj', 'SpaceAfter=No'),
        line(5, '.', 2, 'punct'),
      ].join('\n'),
    )
  writeFileSync(file, `${sentences.join('\n\n')}\n`)
})

test('maps, strongest heads, and each relation’s best head beside its best offset', async () => {
  const { code, stdout } = await run(['syntax', 'specimen', file, '--out', join(folder, 'map.svg')], { env })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^head {2}0 1 2/m)
  expect(stdout).toContain('(n = 160)')
  expect(stdout).toMatch(/^ {2}obj to head: \d\.\d, 2 back +20 +\d\.\d\d +1\.00 +[+−]\d\.\d\d \[/m)
  expect(Math.max(...stdout.split('\n').map(l => l.length))).toBeLessThanOrEqual(80)
})

test('--json is what the library gives, for the relations and sentences asked for', async () => {
  const { code, stdout, stderr } = await run(
    ['syntax', 'specimen', file, '--relation', 'obj,det', '--n', '12', '--json', '--threads', '2'],
    { env },
  )
  expect({ code, errors: stderr.includes('headwise:') }).toEqual({ code: 0, errors: false })
  const grids = JSON.parse(stdout) as Grid[]
  await using m = await load('specimen', { threads: 2 })
  const texts = readConllu(await import('node:fs').then(fs => fs.readFileSync(file, 'utf8')), file)
    .slice(0, 12)
    .map(({ text, words }) => ({ text, parse: words }))
  const expected = await m.syntax(texts, { relations: ['obj', 'det'] })
  expect(grids.map(g => [g.metric, g.n, g.values])).toEqual(expected.map(g => [g.metric, g.n, g.values]))
})

test.each([
  ['a file that is no CoNLL-U', 'bad.conllu', '1 Ben _\n', [], 65, /line 1 has 1 fields/],
  ['a relation that it has not', 'names.conllu', undefined, ['--relation', 'iobj'], 2, /no edges of iobj/],
  ['a file that is not there', 'absent.conllu', undefined, [], 65, /absent\.conllu/],
] as const)('%s ends in one sentence', async (_, name, content, args, exit, sentence) => {
  const path = join(folder, name)
  if (content !== undefined) writeFileSync(path, content)
  const { code, stdout, stderr } = await run(['syntax', 'specimen', path, ...args, '--json'], { env })
  expect(stdout).toBe('')
  expect(stderr).toMatch(SENTENCE)
  expect(stderr).toMatch(sentence)
  expect(code).toBe(exit)
})
