/**
 * Asks one thing at a time. While an answer is awaited only the newest question waits; those between are dropped. So
 * answers come as fast as the engine gives them, however fast questions come, and the last one is always answered.
 */
export class Newest {
  #busy = false
  #waiting: (() => Promise<void>) | undefined

  ask(question: () => Promise<void>): void {
    this.#waiting = question
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    for (let next = this.#take(); next; next = this.#take()) await next()
    this.#busy = false
  }

  #take(): (() => Promise<void>) | undefined {
    const next = this.#waiting
    this.#waiting = undefined
    return next
  }
}
