/** The loss of each token as a line in a box, [x, y] in pixels; 0 nats at the bottom. */
export function lossPath(logprob: ArrayLike<number>, most: number, width: number, height: number): string {
  const step = width / Math.max(1, logprob.length - 1)
  return Array.from({ length: logprob.length }, (_, i) => {
    const y = height * (1 - Math.min(1, -logprob[i]! / most))
    return `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${y.toFixed(1)}`
  }).join('')
}

/** A round end of the scale that holds all losses. */
export const lossEnd = (...sides: readonly ArrayLike<number>[]): number =>
  Math.max(1, Math.ceil(Math.max(...sides.map(s => -Math.min(...Array.from(s))))))
