import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { drawHeadMaps, type HeadMap, legend } from '../../../src/cli/terminal/head-map.ts'
import { scaleOf } from '../../../src/cli/terminal/scale.ts'
import type { Style } from '../../../src/cli/terminal/style.ts'
import { widthOf } from '../../../src/cli/terminal/text.ts'
import { golden, tensorsOf } from '../support.ts'

const plain: Style = { colors: 0, columns: 80, light: false }
const map = (title: string, values: ArrayLike<number>, signed = false): HeadMap => ({
  title,
  values,
  scale: scaleOf(values, signed),
})
const wave = (n: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) ** 9)

describe('without colour, in 80 columns', () => {
  const specimen = { layers: 8, heads: 8, perGroup: 1 }
  const scores = tensorsOf(join(golden, 'head_scores.safetensors'))
  const effects = tensorsOf(join(golden, 'ablation.safetensors'))

  test("the specimen's maps stand side by side, a signed one among them", () => {
    const maps = [
      map('induction', scores.get('diag_induction')!.data),
      map('previous', scores.get('diag_previous')!.data),
      map('sink', scores.get('sink')!.data),
      map('removed', effects.get('zero_delta')!.data, true),
    ]
    expect(
      `\n${drawHeadMaps(maps, specimen, plain)}\n\n${legend(
        maps.map(m => m.scale),
        plain,
      )}\n`,
    ).toMatchInlineSnapshot(`
      "
            induction          previous           sink               removed
      head  0 1 2 3 4 5 6 7    0 1 2 3 4 5 6 7    0 1 2 3 4 5 6 7    0 1 2 3 4 5 6 7
         0  · · · · · · · ·    1 1 1 · · · · ·    · · 2 1 · 3 3 ·   −2 4 3 9 · 2 · ·
         1  · · · · · · · ·    · · · · · · · ·    · · 2 · 7 · 9 ·    · · 1 · · · · ·
         2  · · · · · · · ·    · · · · · · · ·    · 3 · 3 2 1 2 ·    · · ·−1 · · 1 ·
         3  · · · · · · · ·    · 9 · · · 3 · 1    · · 1 2 · · · ·    · · · · · 1 · ·
         4  · · · · · · · ·    9 · · · · · · 9    · · · · 6 · · ·    · 1 1 · 1 · 2 2
         5  · · · · 7 5 · ·    3 · · · · · · ·    · 7 · 1 4 2 · 9    ·−1 · 1 · 1 · 6
         6  · 9 · · · 9 · ·    · · · · 1 · · ·    9 3 · 2 · 4 1 4    · 5−1 · ·−1 2 2
         7  · · · · · · · ·    · 1 1 1 · · 4 ·    2 · · · · · · 6    9 2 2 · 1 · · 1

       ·  1  3  5  7  9    −9  −5  ·  +5  +9   tenths of the largest, · below one
      "
    `)
  })

  test('one map has room for signs', () => {
    const removed = map('removed', effects.get('zero_delta')!.data, true)
    expect(`\n${drawHeadMaps([removed], specimen, plain)}\n`).toMatchInlineSnapshot(`
      "
            removed
      head   0  1  2  3  4  5  6  7
         0  −2 +4 +3 +9  · +2  ·  ·
         1   ·  · +1  ·  ·  ·  ·  ·
         2   ·  ·  · −1  ·  · +1  ·
         3   ·  ·  ·  ·  · +1  ·  ·
         4   · +1 +1  · +1  · +2 +2
         5   · −1  · +1  · +1  · +6
         6   · +5 −1  ·  · −1 +2 +2
         7  +9 +2 +2  · +1  ·  · +1
      "
    `)
  })

  test('heads that share a kv head stand together', () => {
    const drawn = drawHeadMaps([map('induction', wave(4 * 9))], { layers: 4, heads: 9, perGroup: 3 }, plain)
    expect(`\n${drawn}\n`).toMatchInlineSnapshot(`
      "
            induction
             kv 0      kv 1      kv 2
      head   0  1  2   3  4  5   6  7  8
         0   ·  ·  ·   6  9  2   ·  ·  ·
         1   ·  3  9   5  ·  ·   ·  ·  1
         2   7  8  1   ·  ·  ·   ·  4  9
         3   4  ·  ·   ·  ·  1   8  7  1
      "
    `)
  })

  test('what is too wide goes on below, group by group', () => {
    const drawn = drawHeadMaps([map('induction', wave(2 * 64))], { layers: 2, heads: 64, perGroup: 8 }, plain)
    expect(`\n${drawn}\n`).toMatchInlineSnapshot(`
      "
            induction
            kv 0             kv 1             kv 2             kv 3
      head  0   2   4   6    8  10  12  14   16  18  20  22   24  26  28  30
         0  · · · 6 9 2 · ·  · · 3 9 5 · · ·  · 1 7 8 1 · · ·  · 4 9 4 · · · ·
         1  4 · · · · 1 8 8  1 · · · · 5 9 3  · · · · 2 9 6 ·  · · · · 6 9 2 ·

            induction
            kv 4             kv 5             kv 6             kv 7
      head 32  34  36  38   40  42  44  46   48  50  52  54   56  58  60  62
         0  1 8 7 1 · · · ·  5 9 3 · · · · 2  9 6 · · · · · 7  9 2 · · · · 3 9
         1  · · · 3 9 5 · ·  · · 1 7 8 1 · ·  · · 4 9 4 · · ·  · 1 8 7 1 · · ·
      "
    `)
  })
})

test('no map is wider than the terminal, whatever its sizes', () => {
  for (const columns of [40, 80, 133])
    for (const [heads, perGroup] of [
      [1, 1],
      [12, 12],
      [14, 7],
      [40, 1],
      [32, 4],
      [128, 16],
    ] as const)
      for (const count of [1, 4]) {
        const maps = Array.from({ length: count }, () => map('a', wave(2 * heads), true))
        const drawn = drawHeadMaps(maps, { layers: 2, heads, perGroup }, { ...plain, columns })
        expect(Math.max(...drawn.split('\n').map(widthOf))).toBeLessThanOrEqual(columns)
        // Every head of both layers is drawn once on each map.
        const cells = drawn
          .split('\n')
          .filter(l => /^ {3}[01] /.test(l))
          .map(l => l.slice(5).match(/·|\d/g)?.length ?? 0)
        expect(cells.reduce((a, b) => a + b, 0)).toBe(count * 2 * heads)
      }
})

test('colour adds to the digits and takes nothing away', () => {
  const shape = { layers: 2, heads: 4, perGroup: 2 }
  const m = map('a', [0.1, -0.5, 1, Number.NaN, 0, 0.3, -0.9, -1], true)
  const bare = drawHeadMaps([m], shape, plain)
  for (const colors of [256, 16777216] as const) {
    const drawn = drawHeadMaps([m], shape, { ...plain, colors })
    expect(drawn.replace(/\u001b\[[\d;]*m/g, '')).toBe(bare)
    expect(drawn).toContain(colors === 256 ? '\u001b[48;5;' : '\u001b[48;2;')
  }
})
