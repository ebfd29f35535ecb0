/** The browser's twin of src/text/guard.ts: nothing in a page can stop a search, so that only patterns known to be linear run. */
export interface Clock {
  left: number
}
export const startClock = (): Clock => ({ left: 0 })

export async function findGuarded(_source: string, _texts: readonly string[], _clock: Clock): Promise<number[][]> {
  throw new Stopped('is not run in a page, where a search without an end could not be stopped')
}

export class Stopped extends Error {}
