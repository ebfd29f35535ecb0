/** 0–255 each. */
export type Rgb = readonly [number, number, number]
export type Theme = 'light' | 'dark'

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`

/** The channels of `#rrggbb`. */
export function channels(hex: string): Rgb {
  const x = Number.parseInt(hex.slice(1), 16)
  return [x >> 16, (x >> 8) & 255, x & 255]
}

/** Relative luminance of WCAG 2, 0 to 1: whether ink or paper is read on a colour. */
export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map(v => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
