/** The mean over heads of [heads, time]. */
export function meanOfHeads(weight: ArrayLike<number>, heads: number, time: number): Float64Array {
  const row = new Float64Array(time)
  for (let i = 0; i < heads * time; i++) row[i % time]! += weight[i]! / heads
  return row
}
