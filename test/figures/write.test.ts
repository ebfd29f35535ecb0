import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { gridFigure } from '../../src/figures/figure.ts'
import { specOfFigure } from '../../src/figures/read-spec.ts'
import { writeFigure } from '../../src/figures/write.ts'
import { refusal } from '../support/refusal.ts'
import { ablation, headMap } from './examples.ts'
import { fonts } from './fonts.ts'

const folder = mkdtempSync(join(tmpdir(), 'headwise-figures-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)

test.each(['a.svg', 'b.html', 'C.SVG', ...(fonts ? ['d.png'] : [])])(
  '%s holds the figure and its specs',
  async name => {
    await writeFigure(at(name), [headMap, ablation])
    expect(specOfFigure(readFileSync(at(name)))).toEqual([headMap.spec, ablation.spec])
  },
)

test('an SVG is the text of gridFigure, in the theme and the groups asked for', async () => {
  await writeFigure(at('e.svg'), headMap, { theme: 'dark', perGroup: 2 })
  expect(readFileSync(at('e.svg'), 'utf8')).toBe(gridFigure(headMap, { theme: 'dark', perGroup: 2 }))
})

test('a file that exists is replaced only by force', async () => {
  await writeFigure(at('f.svg'), headMap)
  expect(await refusal(() => writeFigure(at('f.svg'), ablation))).toMatchObject({ code: 'out-exists' })
  await writeFigure(at('f.svg'), ablation, { force: true })
  expect(specOfFigure(readFileSync(at('f.svg')))).toEqual([ablation.spec])
})
