import { isTaskList, type ResultDocument } from '../results/document.ts'
import { JUPYTER, type MediaBundle } from '../views/view.ts'

/**
 * The value, which Deno’s notebooks now show as `show` says. It stays what it was to everything else: the method is not
 * enumerable, so that JSON, copies and comparisons do not see it. What draws is loaded when a notebook asks.
 */
export function displayed<T extends object>(value: T, show: () => Promise<MediaBundle>): T {
  return Object.defineProperty(value, JUPYTER, { value: show, configurable: true, writable: true })
}

/** How a document shows itself. */
export const bundleOf = async (document: ResultDocument): Promise<MediaBundle> =>
  (await import('../views/result.ts')).view(document)[JUPYTER]()

/** A result that shows itself in notebooks; of several grids each, and all of them beside each other. */
export function displayedResult<T extends ResultDocument>(document: T): T {
  if (Array.isArray(document) && !isTaskList(document)) for (const grid of document) displayedResult(grid)
  return displayed(document, () => bundleOf(document))
}
