import { expect, test } from 'vitest'
import { drawCurve } from '../../../src/cli/terminal/curve.ts'
import type { Style } from '../../../src/cli/terminal/style.ts'
import { widthOf } from '../../../src/cli/terminal/text.ts'

const plain: Style = { colors: 0, columns: 80, light: false }

test('labels, numbers, intervals and bars stand in columns; a point without a number has no bar', () => {
  const values = [-2, 0, 1, Number.NaN]
  const curve = {
    labels: ['-1', '0', '1', '2.5'],
    values,
    low: [-3, -0.5, Number.NaN, Number.NaN],
    high: [-1, 0.5, Number.NaN, Number.NaN],
  }
  expect(`\n${drawCurve(curve, plain)}\n`).toMatchInlineSnapshot(`
    "
       −1  −2.00  [−3.00, −1.00]    ████████████████████████
        0      0  [−0.500, +0.500]
        1  +1.00                    ████████████
      2.5    NaN
    "
  `)
  expect(`\n${drawCurve({ labels: curve.labels, values }, plain)}\n`).toMatchInlineSnapshot(`
    "
       −1  −2.00  ████████████████████████
        0      0
        1  +1.00  ████████████
      2.5    NaN
    "
  `)
})

test('it fits narrow terminals', () => {
  const curve = { labels: ['a label that is long'], values: [123_456], low: [-1], high: [1e9] }
  for (const line of drawCurve(curve, { ...plain, columns: 60 }).split('\n'))
    expect(widthOf(line)).toBeLessThanOrEqual(60)
})
