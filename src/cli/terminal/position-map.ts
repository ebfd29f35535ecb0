import { cellText } from './head-map.ts'
import type { Scale } from './scale.ts'
import { bold, dim, type Style } from './style.ts'
import { cut, padEnd, padStart, quoted, widthOf } from './text.ts'

/** Numbers over layers and positions, row-major [layer, position]. */
export interface PositionMap {
  readonly title: string
  readonly values: ArrayLike<number>
  readonly scale: Scale
  readonly layers: number
  readonly positions: number
  /** What stands at each position. */
  readonly labels?: readonly string[] | undefined
}

const CELL = 2
const MOST_LABEL = 24
const LEAST_LABEL = 8

/** The numbers of the layers over the last column of their cells; every second one where they would touch. */
const layerNumbers = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => {
    const layer = from + i
    const fits = to <= 10 || layer % 2 === 0
    return padStart(fits ? String(layer) : '', CELL)
  }).join('')

/** Positions down with their tokens, layers across: tokens read as text, and deep models fit the width. */
export function drawPositionMap(map: PositionMap, style: Style): string {
  const { layers, positions, labels, scale, values } = map
  const number = String(Math.max(0, positions - 1)).length
  const widest = Math.max(0, ...(labels ?? []).map(l => widthOf(quoted(l))))
  const room = style.columns - number - 3
  const label = Math.min(widest, MOST_LABEL, Math.max(LEAST_LABEL, room - layers * CELL))
  const abreast = Math.max(1, Math.floor((room - label) / CELL))
  const parts: string[] = []
  for (let from = 0; from < layers; from += abreast) {
    const to = Math.min(layers, from + abreast)
    const head = `${padEnd('layer', number + label + 2)}${layerNumbers(from, to)}`
    const rows = Array.from({ length: positions }, (_, p) => {
      const name = labels ? padEnd(cut(quoted(labels[p]!), label), label) : ''
      const cells = Array.from({ length: to - from }, (_, i) =>
        cellText({ values, scale }, (from + i) * positions + p, CELL, style),
      )
      return `${padStart(String(p), number)} ${name} ${cells.join('')}`.trimEnd()
    })
    parts.push([dim(style, head), ...rows].join('\n'))
  }
  return `${bold(style, map.title)}\n${parts.join('\n\n')}`
}
