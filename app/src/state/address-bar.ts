/** What of a window holds its address. */
export type Bar = Pick<History, 'pushState' | 'replaceState'>

/**
 * Browsers take a hundred changes of the address in ten (Safari: thirty) seconds, and drop or refuse the rest, the last
 * one among them. So many come at once here; what follows within that time comes together, once a second.
 */
const AT_ONCE = 40
const WITHIN_MS = 30_000
const LATER_MS = 1000

/** Writes the page's address. Steps of one gesture are one entry of the browser's history: back leads to before it. */
export class AddressBar {
  readonly #bar: Bar
  #shown: string
  #gesture: string | undefined
  #written: number[] = []
  /** What the newest entry is to be. */
  #due: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(bar: Bar, shown: string) {
    this.#bar = bar
    this.#shown = shown
  }

  /** Another address than ours is there: the browser went back, or somebody typed one. */
  moved(shown: string): void {
    this.#forget()
    this.#shown = shown
    this.#gesture = undefined
  }

  /** A step; within a gesture it takes the place of the last one. */
  step(address: string, gesture?: string): void {
    const joins = gesture !== undefined && gesture === this.#gesture
    this.#gesture = gesture
    if (address === this.#shown) return
    if (joins) this.amend(address)
    else {
      this.flush()
      this.#put(address, 'pushState')
    }
  }

  /** Ends a gesture: the next step of the same name is a new entry. */
  settle(): void {
    this.#gesture = undefined
  }

  /** In the place of what stands there. */
  amend(address: string): void {
    this.#shown = address
    this.#due = address
    const now = Date.now()
    this.#written = this.#written.filter(t => now - t < WITHIN_MS)
    if (this.#written.length < AT_ONCE) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), LATER_MS)
  }

  /** Writes what is due. */
  flush(): void {
    const address = this.#due
    this.#forget()
    if (address !== undefined) this.#put(address, 'replaceState')
  }

  #put(address: string, how: 'pushState' | 'replaceState'): void {
    this.#shown = address
    this.#written.push(Date.now())
    try {
      this.#bar[how](null, '', address)
    } catch {
      // The browser takes no more for now; the page goes on, and its next address is written again.
    }
  }

  #forget(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = undefined
  }
}
