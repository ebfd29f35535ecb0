/** A token's box in the drawn text, in pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

const middle = ({ left, width }: Box): number => left + width / 2
const px = (x: number): string => x.toFixed(1)

/** Highest rise of an arc over its line. */
const RISE = 22

/**
 * The path from a query to a key: an arch over the line where both stand on one, else a curve from the query's upper
 * edge to the key's lower one. A token's arc to itself is a small loop. `hanging` turns arches and loops over, to hang
 * under their line.
 */
export function arcPath(query: Box, key: Box, hanging = false): string {
  if (hanging) return hangingArc(query, key)
  const [x, y, to] = [middle(query), query.top, middle(key)]
  if (query === key || Math.abs(x - to) < 1)
    return `M${px(x - 4)} ${px(y)}C${px(x - 8)} ${px(y - 14)} ${px(x + 8)} ${px(y - 14)} ${px(x + 4)} ${px(y)}`
  if (Math.abs(key.top - y) < query.height / 2) {
    const up = y - Math.min(RISE, 8 + Math.abs(x - to) / 14) * 1.33
    return `M${px(x)} ${px(y)}C${px(x)} ${px(up)} ${px(to)} ${px(up)} ${px(to)} ${px(key.top)}`
  }
  const below = key.top + key.height
  const bend = (y - below) / 2
  return `M${px(x)} ${px(y)}C${px(x)} ${px(y - bend)} ${px(to)} ${px(below + bend)} ${px(to)} ${px(below)}`
}

function hangingArc(query: Box, key: Box): string {
  const [x, to] = [middle(query), middle(key)]
  const y = query.top + query.height
  if (query === key || Math.abs(x - to) < 1)
    return `M${px(x - 4)} ${px(y)}C${px(x - 8)} ${px(y + 14)} ${px(x + 8)} ${px(y + 14)} ${px(x + 4)} ${px(y)}`
  if (Math.abs(key.top - query.top) >= query.height / 2) return arcPath(query, key)
  const down = y + Math.min(RISE, 8 + Math.abs(x - to) / 14) * 1.33
  return `M${px(x)} ${px(y)}C${px(x)} ${px(down)} ${px(to)} ${px(down)} ${px(to)} ${px(y)}`
}
