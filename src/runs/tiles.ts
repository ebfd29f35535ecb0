import type { Arrays } from '../runtime/backend.ts'
import type { NDArray } from '../words/arrays.ts'
import type { Point } from '../words/site.ts'
import { type Extent, tileKey } from './trace.ts'

/** Query rows [start, start + rows) of a pattern, with the keys up to the last of them: [1, head, rows, keys]. */
export interface Tile {
  readonly at: Point
  readonly key: string
  readonly start: number
  readonly shape: readonly [1, number, number, number]
}

/** The tiles in which the pattern of `time` rows leaves a graph of that extent. */
export function tilesOf(at: Point, heads: number, { tile, tiles }: Extent, time: number): Tile[] {
  return Array.from({ length: tiles }, (_, i): Tile => {
    const start = i * tile
    const end = i === tiles - 1 ? time : start + tile
    return { at, key: tileKey(at, start), start, shape: [1, heads, end - start, end] }
  })
}

/** Puts tiles into the whole pattern [1, head, query, key], whose other cells stay as they are. */
export function untile(tiles: readonly Tile[], out: Arrays, { shape, data: whole }: NDArray<'f32'>): void {
  const [time] = shape.slice(-1) as [number]
  for (const { key, start, shape } of tiles) {
    const [, heads, rows, keys] = shape
    const data = out[key]!.data as Float32Array
    for (let row = 0; row < heads * rows; row++) {
      const [head, query] = [Math.floor(row / rows), start + (row % rows)]
      whole.set(data.subarray(row * keys, (row + 1) * keys), (head * time + query) * time)
    }
  }
}
