import type { Head } from '../heads/importance/head-set.ts'
import { HeadwiseError } from '../words/error.ts'

/** A parser for heads between commas, each `layer.head` with both numbers from 0. */
export const headList =
  (option: string) =>
  (text: string): Head[] =>
    text.split(',').map(part => {
      const [, layer, head] = /^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/.exec(part.trim()) ?? []
      if (layer !== undefined && head !== undefined) return { layer: Number(layer), head: Number(head) }
      const allowed = 'heads as layer.head between commas, both from 0, as in 6.5,6.1'
      throw new HeadwiseError(`${option} holds ${JSON.stringify(part.trim())}; allowed: ${allowed}.`, {
        code: 'option',
        fault: 'usage',
        where: option,
        found: part,
        allowed,
      })
    })
