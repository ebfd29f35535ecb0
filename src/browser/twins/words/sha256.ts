import { sha256Of } from '../../sha256.ts'

/** The browser's twin of src/words/sha256.ts. */
export function sha256(...texts: readonly string[]): string {
  return sha256Of(new TextEncoder().encode(texts.join('')))
}
