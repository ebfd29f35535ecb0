import { crc32 } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { gridFigure } from '../../src/figures/figure.ts'
import { png } from '../../src/figures/png.ts'
import { refusal } from '../support/refusal.ts'
import { headMap } from './examples.ts'
import { fonts } from './fonts.ts'

describe.skipIf(!fonts)('a PNG', () => {
  test('is a chain of sound chunks, the specs among them', async () => {
    const image = Buffer.from(await png(gridFigure(headMap), { width: 100 }))
    expect(image.readUInt32BE(16)).toBe(100)
    const types: string[] = []
    for (let at = 8; at < image.length; ) {
      const length = image.readUInt32BE(at)
      types.push(image.toString('latin1', at + 4, at + 8))
      expect(image.readUInt32BE(at + 8 + length)).toBe(crc32(image.subarray(at + 4, at + 8 + length)))
      at += 12 + length
    }
    expect(types.slice(0, 2)).toEqual(['IHDR', 'iTXt'])
    expect(types.at(-1)).toBe('IEND')
  })
  test('is twice as wide as the figure unless told, and never beyond what programs open', async () => {
    const svg = gridFigure(headMap)
    const width = Number(/width="(\d+)"/.exec(svg)![1])
    expect(Buffer.from(await png(svg)).readUInt32BE(16)).toBe(2 * width)
    const tall = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="40000"/>'
    expect(Buffer.from(await png(tall)).readUInt32BE(20)).toBeLessThanOrEqual(16_384)
  })
})

test('a machine without fonts is told so: the picture would have no words', async () => {
  vi.doMock('@resvg/resvg-js', async original => {
    const { Resvg } = await original<typeof import('@resvg/resvg-js')>()
    return {
      Resvg: class extends Resvg {
        constructor(svg: string) {
          super(svg, { font: { loadSystemFonts: false } })
        }
      },
    }
  })
  expect(await refusal(() => png(gridFigure(headMap)))).toMatchObject({ code: 'figure-fonts', fault: 'failed' })
  vi.doUnmock('@resvg/resvg-js')
})
