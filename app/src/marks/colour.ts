/** 0–255 each. */
export type Rgb = readonly [number, number, number]
export type Theme = 'light' | 'dark'

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`

/** The channels of `#rrggbb`. */
export function channels(hex: string): Rgb {
  const x = Number.parseInt(hex.slice(1), 16)
  return [x >> 16, (x >> 8) & 255, x & 255]
}
