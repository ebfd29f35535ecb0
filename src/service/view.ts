import { HeadwiseError } from '../words/error.ts'
import type { Pass } from './pass.ts'

/** The fault of who asks for what a pass does not have. */
export const usage = (message: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code: 'view', fault: 'usage', where, found, allowed })

/** Throws `view` for the first head that the model does not have. */
export function checkHeads(pass: Pass, list: readonly { layer: number; head: number }[], root = 'heads'): void {
  const { layers, heads } = pass.engine.config
  for (const [i, { layer, head }] of list.entries()) {
    const at = root === '' ? '' : `${root}[${i}].`
    if (layer >= layers)
      throw usage(`${at}layer is ${layer}; the model has layers 0 to ${layers - 1}.`, `${at}layer`, layer, layers - 1)
    if (head >= heads)
      throw usage(`${at}head is ${head}; a layer has heads 0 to ${heads - 1}.`, `${at}head`, head, heads - 1)
  }
}

/** Throws `view` for a position behind the end of the text. */
export function checkPosition(pass: Pass, position: number, where: string): void {
  const time = pass.ids.length
  if (position < time) return
  throw usage(`${where}: position ${position} is outside the text of ${time} tokens.`, where, position, time - 1)
}
