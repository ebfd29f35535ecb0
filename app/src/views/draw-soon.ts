import { untrack } from 'svelte'

/**
 * Draws in the next frame, and gives what calls it off; on the way to paper at once, because no frame comes before it. For
 * effects, which say themselves what they follow.
 */
export function drawSoon(draw: () => void, printing: boolean): () => void {
  if (printing) {
    untrack(draw)
    return () => undefined
  }
  const due = requestAnimationFrame(draw)
  return () => cancelAnimationFrame(due)
}
