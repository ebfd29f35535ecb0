/**
 * Ends a growing text before the first of some strings, wherever the borders of its pieces lie: the end of the text
 * that may yet become one of them is held back.
 */
export class StopStrings {
  readonly #stops: readonly string[]
  #held = ''
  /** Whether one of the strings has come; nothing follows then. */
  stopped = false

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter(s => s.length > 0)
  }

  /** Takes the next piece; gives the text that can no longer be part of a stop string. */
  push(piece: string): string {
    if (this.stopped) return ''
    const text = this.#held + piece
    const starts = this.#stops.map(s => text.indexOf(s)).filter(i => i >= 0)
    this.stopped = starts.length > 0
    const sure = this.stopped ? Math.min(...starts) : text.length - this.#unsure(text)
    this.#held = this.stopped ? '' : text.slice(sure)
    return text.slice(0, sure)
  }

  /** What was held back, when the text ends by itself. */
  flush(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }

  /** Length of the longest end of the text that begins a stop string. */
  #unsure(text: string): number {
    const lengths = this.#stops.map(s => {
      let n = Math.min(s.length - 1, text.length)
      while (n > 0 && !s.startsWith(text.slice(text.length - n))) n--
      return n
    })
    return Math.max(0, ...lengths)
  }
}
