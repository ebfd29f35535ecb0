import { colorOf, type Scale, scaleOf } from './scale.ts'
import { inColor, type Style } from './style.ts'
import { bar } from './table.ts'
import { padStart, widthOf } from './text.ts'
import { signed } from './units.ts'

/** Numbers along one axis, each with its interval where there is one. */
export interface Curve {
  readonly labels: readonly string[]
  readonly values: ArrayLike<number>
  readonly low?: ArrayLike<number> | undefined
  readonly high?: ArrayLike<number> | undefined
}

const MOST_BAR = 24
const GAPS = 8

/** One line for each point: label, value, interval, and a bar as long as the value is large, in the colour of its sign. */
export function drawCurve({ labels: names, values, low, high }: Curve, style: Style): string {
  const labels = names.map(name => name.replace(/^-(?=\d)/, '−'))
  const numbers = Array.from(values)
  const scale: Scale = scaleOf(numbers, true)
  const intervals = numbers.map((_, i) =>
    low && high && Number.isFinite(low[i]) ? `[${signed(low[i]!)}, ${signed(high[i]!)}]` : '',
  )
  const widths = [labels, numbers.map(signed), intervals].map(texts => Math.max(0, ...texts.map(widthOf)))
  const room = style.columns - GAPS - widths.reduce((a, b) => a + b, 0)
  const most = Math.max(4, Math.min(MOST_BAR, room))
  return numbers
    .map((value, i) => {
      const shown = Number.isFinite(value) ? bar(Math.abs(value) / scale.max, most) : ''
      const drawn = shown === '' ? '' : inColor(style, colorOf(scale, value, style), shown)
      const interval = widths[2]! > 0 ? `  ${intervals[i]!.padEnd(widths[2]!)}` : ''
      return `  ${padStart(labels[i]!, widths[0]!)}  ${padStart(signed(value), widths[1]!)}${interval}  ${drawn}`.trimEnd()
    })
    .join('\n')
}
