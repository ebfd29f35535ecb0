import type { AddedToken } from './added.ts'
import type { Decoder } from './decode.ts'
import type { Merges } from './merges.ts'
import type { Normaliser } from './normalise.ts'
import type { PreTokeniser } from './pretokenise.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Everything that decides ids and texts, in one form whatever file it came from; all of it checked. */
export interface Definition {
  readonly file: string
  readonly vocabulary: Vocabulary
  readonly merges: Merges
  /** What `merges` was made from: pairs, or a score for every token. */
  readonly mergeSource: readonly unknown[] | ArrayLike<number>
  readonly byteFallback: boolean
  readonly ignoreMerges: boolean
  readonly unknown: number | undefined
  readonly fuseUnknown: boolean
  readonly prefix: string
  readonly suffix: string
  readonly added: readonly AddedToken[]
  readonly normalisers: readonly Normaliser[]
  readonly preTokenisers: readonly PreTokeniser[]
  readonly decoders: readonly Decoder[] | undefined
  /** Ids put around every text. */
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly endTokens: readonly number[]
  readonly chatTemplate: string | undefined
  /** What chat templates read: the texts of `bos_token`, `eos_token`, … */
  readonly templateTokens: Readonly<Record<string, string>>
}
