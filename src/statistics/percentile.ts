/**
 * Where a value stands among controls, 0 to 100: the share of controls below it and half of those equal to it. NaN
 * controls are left out; NaN without a value or controls.
 */
export function percentileAmong(value: number, controls: ArrayLike<number>): number {
  let [below, equal, n] = [0, 0, 0]
  for (let i = 0; i < controls.length; i++) {
    const control = controls[i]!
    if (Number.isNaN(control)) continue
    n++
    if (control < value) below++
    else if (control === value) equal++
  }
  return n === 0 || Number.isNaN(value) ? Number.NaN : (100 * (below + equal / 2)) / n
}
