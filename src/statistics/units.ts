import { HeadwiseError } from '../words/error.ts'

/** One id per prompt (its template, say): prompts of one id are drawn, flipped or left out together. */
export type Clusters = readonly (string | number)[]

/** The cells that have values on the same prompts, and those prompts. */
export interface PresentCells {
  readonly present: readonly number[]
  readonly members: readonly number[]
}

/** The cells of [prompts, cells], put together by which prompts have a value there: nearly always one set. */
export function byPresence(perPrompt: ArrayLike<number>, prompts: number, cells: number): PresentCells[] {
  const sets = new Map<string, { present: number[]; members: number[] }>()
  const rows = Array.from({ length: prompts }, (_, i) => i)
  for (let cell = 0; cell < cells; cell++) {
    const missing = rows.filter(i => Number.isNaN(perPrompt[i * cells + cell]!))
    const key = missing.join()
    const set = sets.get(key)
    if (set) set.members.push(cell)
    else sets.set(key, { present: rows.filter(i => !Number.isNaN(perPrompt[i * cells + cell]!)), members: [cell] })
  }
  return [...sets.values()]
}

/** The prompts of each cluster, in order of first appearance; without clusters each prompt is one by itself. */
export function unitsOf(prompts: readonly number[], clusters: Clusters | undefined): number[][] {
  if (!clusters) return prompts.map(i => [i])
  const units = new Map<string | number, number[]>()
  for (const i of prompts) {
    const id = clusters[i]!
    const unit = units.get(id)
    if (unit) unit.push(i)
    else units.set(id, [i])
  }
  return [...units.values()]
}

/** Σ over each unit's prompts for some of the cells, [units, block]. */
export function unitSums(
  perPrompt: ArrayLike<number>,
  cells: number,
  block: readonly number[],
  units: readonly (readonly number[])[],
): Float64Array {
  const width = block.length
  const sums = new Float64Array(units.length * width)
  for (const [u, prompts] of units.entries())
    for (const i of prompts)
      for (const [j, cell] of block.entries()) sums[u * width + j]! += perPrompt[i * cells + cell]!
  return sums
}

/** Throws `${method}-argument` when an argument is not what it may be. */
export function checkArgument(method: string, ok: boolean, where: string, found: unknown, allowed: string): void {
  if (ok) return
  throw new HeadwiseError(`The ${method}'s ${where} cannot be ${String(found)}; allowed: ${allowed}.`, {
    code: `${method}-argument`,
    fault: 'usage',
    where,
    found,
    allowed,
  })
}

/** The checks that every method on [prompts, cells] makes. */
export function checkGrid(
  method: string,
  perPrompt: ArrayLike<number>,
  [prompts, cells]: readonly [prompts: number, cells: number],
  { clusters, draws }: { readonly clusters?: Clusters | undefined; readonly draws: number },
): void {
  checkArgument(
    method,
    perPrompt.length === prompts * cells,
    'values',
    perPrompt.length,
    `${prompts} × ${cells} numbers`,
  )
  checkArgument(
    method,
    clusters === undefined || clusters.length === prompts,
    'clusters',
    clusters?.length,
    `one for each prompt`,
  )
  checkDraws(method, draws)
}

export const checkDraws = (method: string, draws: number): void =>
  checkArgument(
    method,
    Number.isInteger(draws) && draws >= 1 && draws <= 1e7,
    'draws',
    draws,
    'an integer from 1 to 10,000,000',
  )
