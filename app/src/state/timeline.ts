/** States that were, the one that is, and those that were undone. Unlimited. */
export interface Timeline<T> {
  readonly past: readonly T[]
  readonly now: T
  readonly future: readonly T[]
  /** What the last step was part of: steps of one gesture are undone at once. */
  readonly gesture?: string
}

export const begin = <T>(now: T): Timeline<T> => ({ past: [], now, future: [] })

/** A step forward. Steps of the same gesture replace each other; what had been undone is forgotten. */
export function step<T>(t: Timeline<T>, now: T, gesture?: string): Timeline<T> {
  const joins = gesture !== undefined && gesture === t.gesture
  return { past: joins ? t.past : [...t.past, t.now], now, future: [], ...(gesture === undefined ? {} : { gesture }) }
}

/** Ends a gesture: the next step of the same name is a new one. */
export const settle = <T>({ past, now, future }: Timeline<T>): Timeline<T> => ({ past, now, future })

export function undo<T>(t: Timeline<T>): Timeline<T> {
  const now = t.past.at(-1)
  return now === undefined ? t : { past: t.past.slice(0, -1), now, future: [t.now, ...t.future] }
}

export function redo<T>(t: Timeline<T>): Timeline<T> {
  const [now, ...future] = t.future
  return now === undefined ? t : { past: [...t.past, t.now], now, future }
}
