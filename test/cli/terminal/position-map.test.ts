import { expect, test } from 'vitest'
import { drawPositionMap } from '../../../src/cli/terminal/position-map.ts'
import { scaleOf } from '../../../src/cli/terminal/scale.ts'
import type { Style } from '../../../src/cli/terminal/style.ts'
import { widthOf } from '../../../src/cli/terminal/text.ts'

const plain: Style = { colors: 0, columns: 80, light: false }
const labels = ['<|endoftext|>', 'Tom', ' saw\n', ' a cat that is longer than anyone would read', '\u202eevil']
const wave = (layers: number) =>
  Float64Array.from({ length: layers * labels.length }, (_, i) => Math.sin(i * 12.9898) ** 3)
const draw = (layers: number, style = plain) => {
  const values = wave(layers)
  const scale = scaleOf(values, true)
  return drawPositionMap({ title: 'patched', values, scale, layers, positions: labels.length, labels }, style)
}

test('tokens down, layers across; what a terminal would obey is escaped', () => {
  expect(`\n${draw(8)}\n`).toMatchInlineSnapshot(`
    "
    patched
    layer                       0 1 2 3 4 5 6 7
    0 "<|endoftext|>"           · 6−7 · 5−7 · 4
    1 "Tom"                     · 1−9 1 1−9 1 ·
    2 " saw\\n"                  4 ·−8 4 ·−7 5 ·
    3 " a cat that is longer …  8 ·−3 9 ·−2 9 ·
    4 "\\u202eevil"              9−2 · 9−3 · 9−3
    "
  `)
})

test('deep models fit 80 columns, in blocks where they must', () => {
  for (const layers of [8, 30, 40, 80]) {
    const lines = draw(layers).split('\n')
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80)
    // Every position once in each block.
    const blocks = lines.filter(l => l.startsWith('layer')).length
    expect(lines.filter(l => /^[0-4] "/.test(l))).toHaveLength(5 * blocks)
  }
  expect(draw(30).match(/layer/g)).toHaveLength(1)
})

test('colours change no text', () => {
  const colored = draw(8, { ...plain, colors: 16777216 })
  expect(colored.replace(/\u001b\[[\d;]*m/g, '')).toBe(draw(8))
})
