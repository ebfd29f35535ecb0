import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import type { Grid } from '../../src/words/grid.ts'
import { fonts } from '../figures/fonts.ts'
import { run, SENTENCE, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)
const env = { HEADWISE_CACHE: at('cache') }

test.each([...(fonts ? ['scores.png'] : []), 'scores.svg', 'scores.html'])('scores --out %s', async name => {
  const args = ['scores', 'specimen', '--detector', 'induction,sink', '--json', '--out', at(name)]
  const { code, stdout, stderr } = await run(args, { env })
  expect({ code, told: stderr.includes(`Written: ${at(name)}`) }).toEqual({ code: 0, told: true })
  const grids = JSON.parse(stdout) as Grid[]
  expect(specOfFigure(readFileSync(at(name)))).toEqual(grids.map(g => g.spec))
})

test('ablate --out FILE.svg is a map of the heads in their groups', async () => {
  const { code } = await run(['ablate', 'specimen', 'Tom saw a cat. The cat saw Tom.', '--out', at('map.svg')], { env })
  expect(code).toBe(0)
  const svg = readFileSync(at('map.svg'), 'utf8')
  expect(svg).toContain('>nats per token; n = 1 prompt<')
  expect(specOfFigure(Buffer.from(svg))[0]!.request.command).toBe('ablate')
})

test('run --pattern draws what heads attend to, one beside the other, with the spec of the pass', async () => {
  const text = 'One day Lily found a shiny key. Ben lost the shiny'
  const args = ['run', 'specimen', text, '--pattern', '6.5,6.1', '--out', at('pattern.svg')]
  expect(await run(args, { env })).toMatchObject({ code: 0, stdout: '' })
  const svg = readFileSync(at('pattern.svg'), 'utf8')
  for (const words of ['attention of head 6.5, share of each row', 'attention of head 6.1', '>.87<', '>␣shiny<'])
    expect(svg).toContain(words)
  const specs = specOfFigure(Buffer.from(svg))
  expect(specs.map(s => s.request)).toMatchObject([0, 1].map(() => ({ command: 'run', prompts: [{ text }] })))
  for (const wrong of [
    ['--pattern', '6.5'],
    ['--pattern', '6.9', '--out', at('no.svg')],
    ['--pattern', '6.5', '--out', at('no.csv')],
  ])
    expect(await run(['run', 'specimen', text, ...wrong], { env })).toMatchObject({ code: 2, stdout: '' })
})

test('what is no grid has no figure; other endings are refused before a model is opened', async () => {
  const pass = await run(['run', 'specimen', 'Tom', '--out', at('run.svg')], { env })
  expect(pass).toMatchObject({ code: 2, stdout: '' })
  const scores = await run(['scores', 'no-such-model', '--out', at('scores.gif')], { env })
  expect(scores.code).toBe(2)
  expect(scores.stderr).toMatch(SENTENCE)
  expect(scores.stderr).toContain('.json, .csv, .parquet, .svg, .png, .html')
  expect(existsSync(at('run.svg'))).toBe(false)
})

test('scores --null: p and q of every head, and how many attend there more than to random keys', async () => {
  const args = ['scores', 'specimen', '--detector', 'induction', '--null']
  const { code, stdout } = await run([...args, '--out', at('null.json')], { env })
  expect(code).toBe(0)
  expect(stdout).toMatch(/induction: \d+ of 64 heads attend there more than to random keys \(q < 0\.05\)/)
  const grid = JSON.parse(readFileSync(at('null.json'), 'utf8')) as Grid & { p: number[][]; q: number[][] }
  expect(grid.p[6]![5]).toBe(1 / 10_001)
  expect(grid.q[6]![5]).toBeLessThan(0.01)
  expect(grid.q.flat().every((q, i) => q >= grid.p.flat()[i]!)).toBe(true)
  const again = await run(['rerun', at('null.json')], { env })
  expect(again).toMatchObject({ code: 0 })
  const entropy = await run(['scores', 'specimen', '--detector', 'entropy', '--null'], { env })
  expect(entropy).toMatchObject({ code: 2, stdout: '' })
})
