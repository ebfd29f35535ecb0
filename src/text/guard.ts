import { createContext, Script } from 'node:vm'

/** The longest that the patterns of a file may search one text, all together, in milliseconds. */
const PATTERN_LIMIT_MS = 1000

/** What is left of the time for one text. */
export interface Clock {
  left: number
}
export const startClock = (): Clock => ({ left: PATTERN_LIMIT_MS })

// Only this text is compiled; pattern and texts come in as data.
const SEARCH = `
  const regex = new RegExp(source, 'gu')
  texts.map(text => {
    const found = []
    for (const match of text.matchAll(regex)) found.push(match.index, match.index + match[0].length)
    return found
  })`

/**
 * Searches under a time limit that ends the search itself: V8 stops a regular expression in a context whose time is up.
 * (A browser has no such contexts; there a Web Worker that is terminated does the same.)
 */
export async function findGuarded(source: string, texts: readonly string[], clock: Clock): Promise<number[][]> {
  const context = createContext({ source, texts })
  const began = performance.now()
  try {
    return new Script(`{${SEARCH}}`).runInContext(context, {
      timeout: Math.max(1, Math.ceil(clock.left)),
    }) as number[][]
  } catch (error) {
    // Errors of a context are not instances of this realm's Error.
    if ((error as { code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new Stopped(`needed more than ${PATTERN_LIMIT_MS} ms for this text and was stopped`)
    throw new Stopped('needs more memory for this text than a search may have')
  } finally {
    clock.left -= performance.now() - began
  }
}

/** A search that did not end by itself; the caller knows which file and pattern. */
export class Stopped extends Error {}
