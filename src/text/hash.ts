import { sha256 } from '../words/sha256.ts'
import type { Definition } from './definition.ts'

/** SHA-256 (hex) of what decides ids and texts; file names, chat templates and unused fields are left out. */
export function hashOf(definition: Definition): string {
  const { vocabulary, mergeSource, added, normalisers, preTokenisers, decoders, before, after } = definition
  const { byteFallback, ignoreMerges, unknown, fuseUnknown, prefix, suffix } = definition
  // The lists are joined rather than written as JSON: this stands between the start of a process and its first result.
  return sha256(
    JSON.stringify({
      rules: { byteFallback, ignoreMerges, unknown, fuseUnknown, prefix, suffix, before, after },
      added: [...added].sort((a, b) => a.id - b.id),
      normalisers,
      preTokenisers,
      decoders,
    }),
    vocabulary.texts().join('\0'),
    Array.from(mergeSource, m => (Array.isArray(m) ? m.join(' ') : m)).join('\0'),
  )
}
