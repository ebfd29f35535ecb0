/** A square table as at most `side` × `side` cells, each the largest of the entries in it. */
export interface Reduced {
  /** Cells along a side, and entries along the side of one. */
  readonly side: number
  readonly step: number
  readonly data: Float32Array
}

export function reduceTo(table: ArrayLike<number>, time: number, most: number): Reduced {
  const step = Math.max(1, Math.ceil(time / most))
  const side = Math.ceil(time / step)
  const data = new Float32Array(side * side)
  for (let q = 0; q < time; q++)
    for (let k = 0; k <= q; k++) {
      const cell = Math.floor(q / step) * side + Math.floor(k / step)
      const value = table[q * time + k]!
      if (value > data[cell]!) data[cell] = value
    }
  return { side, step, data }
}
