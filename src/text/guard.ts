import { createContext, Script } from 'node:vm'
import type { FindAll } from './patterns.ts'

/** The longest that one pattern of a file may search one text, in milliseconds. */
export const PATTERN_LIMIT_MS = 1000

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
 * (A browser has no such contexts; there a Web Worker that is terminated does the same behind `FindAll`.)
 */
export const findGuarded: FindAll = async (source, texts) => {
  const context = createContext({ source, texts })
  try {
    return new Script(`{${SEARCH}}`).runInContext(context, { timeout: PATTERN_LIMIT_MS }) as number[][]
  } catch (error) {
    // Errors of a context are not instances of this realm's Error.
    if ((error as { code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new Stopped(`needed more than ${PATTERN_LIMIT_MS} ms for this text and was stopped`)
    throw new Stopped('needs more memory for this text than a search may have')
  }
}

/** A search that did not end by itself; the caller knows which file and pattern. */
export class Stopped extends Error {}
