/// <reference lib="dom" />
/**
 * Lets whatever else waits (messages, signals, timers) have its turn. Node's own way is the quickest; in a browser a
 * message to oneself is not held back for milliseconds, as timers are.
 */
export const tick: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () => new Promise(resolve => setImmediate(resolve))
    : () =>
        new Promise(resolve => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => {
            port1.close()
            resolve()
          }
          port2.postMessage(0)
        })
