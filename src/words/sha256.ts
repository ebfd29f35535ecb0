import { createHash } from 'node:crypto'

/** SHA-256 (hex) of texts one behind the other, as UTF-8. (The browser's twin: src/browser/twins/sha256.ts.) */
export function sha256(...texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text)
  return hash.digest('hex')
}
