import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { load } from '../../src/index.ts'
import { readResult } from '../../src/results/read.ts'
import type { EditInput } from '../../src/words/edit.ts'
import type { Routes } from '../../src/words/routes.ts'
import type { Writes } from '../../src/words/writes.ts'
import { run, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)
const env = { HEADWISE_CACHE: at('cache') }
const TEXT = 'One day Lily found a shiny key. Ben lost the shiny'
const OFF: EditInput[] = [{ do: 'scale', by: 0.4, at: { site: 'z', layer: 4 }, heads: [7] }]
writeFileSync(at('edits.json'), JSON.stringify(OFF))

test('writes prints what the library says of each kind of part, and keeps it so that rerun finds it again', async () => {
  await using m = await load('specimen', { threads: 1 })
  const parts = [
    ['--head', '6.5,4.7', { heads: [6.5, 4.7].map(x => ({ layer: Math.floor(x), head: Math.round((x % 1) * 10) })) }],
    ['--mlp', '5', { mlp: 5 }],
    ['--neuron', '5.17', { neuron: { layer: 5, neuron: 17 } }],
    ['--mid', '3', { residual: 'resid_mid', layer: 3 }],
    ['--resid', '3', { residual: 'resid_post', layer: 3 }],
  ] as const
  for (const [option, value, of] of parts) {
    const out = at(`${option.slice(2)}.json`)
    const args = ['writes', 'specimen', TEXT, option, value, '--position', '7', '--top', '3']
    const { code, stdout, stderr } = await run(
      [...args, '--edit', at('edits.json'), '--threads', '1', '--json', '--out', out],
      { env },
    )
    expect(code, stderr).toBe(0)
    const found = JSON.parse(stdout) as Writes
    const expected = await m.writes(TEXT, { of: of as Writes['of'], position: 7, top: 3, edits: OFF })
    expect(found.spec.hash).toBe(expected.spec.hash)
    expect({ ...found, spec: 0 }).toEqual(JSON.parse(JSON.stringify({ ...expected, spec: 0 })))
    expect(readResult(readFileSync(out), out)).toMatchObject({ kind: 'writes', position: 7, token: ' key' })
    if (option === '--mlp') expect((await run(['rerun', out], { env })).code).toBe(0)
  }
})

test('for people: tables of what goes up and down, what is predicted, and neurons', async () => {
  const block = await run(['writes', 'specimen', TEXT, '--mlp', '5'], { env })
  expect(block.stdout).toMatch(/^feed-forward 5 at position 12, " shiny"\n\n {2}raises +logits {2}lowers +logits\n/)
  expect(block.stdout).toMatch(/neuron {2}activation {2}length\n/)
  const lens = await run(['writes', 'specimen', TEXT, '--embed'], { env })
  expect(lens.stdout).toMatch(/^embedding at .*\n\n {2}predicts +probability +logit\n {2}" shiny"/)
})

test.each([
  [['writes', 'specimen', 'Tom'], 'There is no part to read'],
  [['writes', 'specimen', 'Tom', '--mlp', '5', '--resid', '5'], '--mlp and --resid exclude each other'],
  [['writes', 'specimen', 'Tom', '--mlp', '8'], 'Layer 8 does not exist'],
  [['writes', 'specimen', 'Tom', '--neuron', '1.1,1.2'], '--neuron names one neuron'],
  [['writes', 'specimen', 'Tom', '--mlp', '5', '--position', '9'], 'position is 9'],
  [['routes', 'specimen', 'Tom', '--threshold', '0'], '--threshold is "0"'],
  [['routes', 'specimen', 'Tom', '--out', 'x.html'], 'ends in .html'],
])('%j is refused in a sentence', async (args, words) => {
  const { code, stdout, stderr } = await run(args, { env })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(words)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('routes prints the largest shares and writes tables and figures', async () => {
  const args = ['routes', 'specimen', TEXT, '--edit', at('edits.json'), '--threshold', '0.05']
  const { code, stdout } = await run([...args, '--json', '--out', at('routes.svg')], { env })
  expect(code).toBe(0)
  const found = JSON.parse(stdout) as Routes
  const svg = readFileSync(at('routes.svg'))
  expect(specOfFigure(svg)).toEqual([found.spec])
  expect(svg.toString().match(/<path /g)).toHaveLength(found.edges.length)
  const people = await run([...args, '--out', at('routes.csv')], { env })
  expect(people.stdout).toMatch(/^routes to position 12 " shiny"\n\n {2}part +from +to +share\n/)
  expect(readFileSync(at('routes.csv'), 'utf8').trim().split('\r\n')).toHaveLength(found.edges.length + 1)
})
