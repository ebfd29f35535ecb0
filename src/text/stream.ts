import type { DecodeStream } from './tokenizer.ts'

/**
 * Streams the text of growing ids. Only a window of ids is decoded again: those whose text may still change and the ones
 * before them that decide how it begins (a leading space, half a character).
 */
export function streamOf(decode: (ids: readonly number[]) => string): DecodeStream {
  let ids: number[] = []
  let shown = ''
  let emitted = 0
  const take = (text: string): string => {
    const news = text.slice(shown.length)
    // What has been shown may begin the next window's context; older ids no longer matter.
    ids = ids.slice(emitted)
    emitted = ids.length
    shown = decode(ids)
    return news
  }
  return {
    push(id) {
      ids.push(id)
      const text = decode(ids)
      return text.length > shown.length && !text.endsWith('\ufffd') ? take(text) : ''
    },
    flush() {
      const text = decode(ids)
      return text.length > shown.length ? take(text) : ''
    },
  }
}
