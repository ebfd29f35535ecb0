import { HeadwiseError } from '../words/error.ts'
import type { Merges } from './merges.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface BpeOptions {
  readonly file: string
  /** A piece that is a token as a whole is not taken apart. */
  readonly ignoreMerges: boolean
  /** A character without a token becomes its UTF-8 bytes' tokens `<0x00>` to `<0xFF>`. */
  readonly byteFallback: boolean
  readonly unknown: number | undefined
  /** Neighbouring unknown characters become one token. */
  readonly fuseUnknown: boolean
  readonly prefix: string
  readonly suffix: string
  /** False for ids that ordinary text never becomes. */
  readonly ordinary: (id: number) => boolean
}

const CACHED_LENGTH = 256
const CACHED_PIECES = 50_000

/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) as Hugging Face tokenizers does it: pairs are joined in the
 * order of `merges`, equal pairs from left to right. A linked list and a heap make it O(n log n) in the piece's length.
 *
 * `@huggingface/tokenizers` is not used: it drops characters without a token in silence, takes 90 ms to build a
 * vocabulary of 49,152, knows no `fuse_unk`, and reads `\d` and `\s` in JavaScript's sense.
 */
export class Bpe {
  readonly #vocabulary: Vocabulary
  readonly #merges: Merges
  readonly #options: BpeOptions
  readonly #cache = new Map<string, readonly number[]>()

  constructor(vocabulary: Vocabulary, merges: Merges, options: BpeOptions) {
    this.#vocabulary = vocabulary
    this.#merges = merges
    this.#options = options
  }

  /** Appends the ids of one piece (a pre-token) to `out`. */
  encode(piece: string, out: number[]): void {
    const cached = this.#cache.get(piece)
    const ids = cached ?? this.#encode(piece)
    if (cached === undefined && piece.length <= CACHED_LENGTH) {
      if (this.#cache.size >= CACHED_PIECES) this.#cache.clear()
      this.#cache.set(piece, ids)
    }
    for (const id of ids) out.push(id)
  }

  #encode(piece: string): readonly number[] {
    if (this.#options.ignoreMerges) {
      const whole = this.#vocabulary.id(piece)
      if (whole !== undefined && this.#options.ordinary(whole)) return [whole]
    }
    return mergeAll(this.#symbols(piece), this.#merges)
  }

  #symbols(piece: string): number[] {
    const { prefix, suffix, fuseUnknown, unknown, byteFallback } = this.#options
    const symbols: number[] = []
    // As in the original, an unknown token is put down only before the next known one: byte tokens overtake it.
    let pending = false
    let at = 0
    for (const character of piece) {
      const first = at === 0
      at += character.length
      const text = (first ? '' : prefix) + character + (at === piece.length ? suffix : '')
      const id = this.#vocabulary.id(text)
      if (id !== undefined) {
        if (pending && unknown !== undefined) symbols.push(unknown)
        pending = false
        symbols.push(id)
        continue
      }
      const bytes = byteFallback ? this.#bytes(text) : undefined
      if (bytes !== undefined) symbols.push(...bytes)
      else if (unknown === undefined) throw this.#noToken(text)
      else {
        if (pending && !fuseUnknown) symbols.push(unknown)
        pending = true
      }
    }
    if (pending && unknown !== undefined) symbols.push(unknown)
    return symbols
  }

  #bytes(text: string): number[] | undefined {
    const ids: number[] = []
    for (const byte of new TextEncoder().encode(text)) {
      const id = this.#vocabulary.id(byteToken(byte))
      if (id === undefined) return undefined
      ids.push(id)
    }
    return ids
  }

  #noToken(text: string): HeadwiseError {
    const { file } = this.#options
    return new HeadwiseError(
      `${file}: the vocabulary has no token for ${JSON.stringify(text)} (U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}), no bytes to spell it with and no unknown token.`,
      { code: 'tokenizer-character', file, where: 'text', found: text, allowed: 'characters of the vocabulary' },
    )
  }
}

export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`

function mergeAll(symbols: number[], merges: Merges): readonly number[] {
  const n = symbols.length
  if (n < 2) return symbols
  // -1 in `ids` marks a symbol that was joined to its left neighbour.
  const ids = Int32Array.from(symbols)
  const previous = Int32Array.from(symbols, (_, i) => i - 1)
  const next = Int32Array.from(symbols, (_, i) => (i + 1 < n ? i + 1 : -1))
  const heap = new PairHeap(merges)
  for (let i = 0; i + 1 < n; i++) heap.offer(ids[i] as number, ids[i + 1] as number, i)
  while (heap.pop()) {
    const at = heap.position
    const right = next[at] as number
    if (ids[at] === -1 || right === -1) continue
    // The pair that was offered may be gone by now.
    const slot = merges.find(ids[at] as number, ids[right] as number)
    if (slot === -1 || merges.product(slot) !== merges.product(heap.slot)) continue
    ids[at] = merges.product(slot)
    ids[right] = -1
    const after = next[right] as number
    next[at] = after
    if (after !== -1) {
      previous[after] = at
      heap.offer(ids[at] as number, ids[after] as number, at)
    }
    const before = previous[at] as number
    if (before !== -1) heap.offer(ids[before] as number, ids[at] as number, before)
  }
  return Array.from(ids.filter(id => id !== -1))
}

/** A binary heap of (pair, position), the pair to join next on top. */
class PairHeap {
  readonly #merges: Merges
  readonly #slots: number[] = []
  readonly #positions: number[] = []
  slot = -1
  position = -1

  constructor(merges: Merges) {
    this.#merges = merges
  }

  offer(left: number, right: number, position: number): void {
    const slot = this.#merges.find(left, right)
    if (slot === -1) return
    let at = this.#slots.push(slot) - 1
    this.#positions.push(position)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#compare(at, parent) >= 0) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Moves the top into `slot` and `position`; false when the heap is empty. */
  pop(): boolean {
    const last = this.#slots.length - 1
    if (last < 0) return false
    this.#swap(0, last)
    this.slot = this.#slots.pop() as number
    this.position = this.#positions.pop() as number
    let at = 0
    for (;;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < last && this.#compare(child, least) < 0) least = child
      if (least === at) return true
      this.#swap(at, least)
      at = least
    }
  }

  #compare(a: number, b: number): number {
    const order = this.#merges.before(this.#slots[a] as number, this.#slots[b] as number)
    return order || (this.#positions[a] as number) - (this.#positions[b] as number)
  }

  #swap(a: number, b: number): void {
    const slot = this.#slots[a] as number
    const position = this.#positions[a] as number
    this.#slots[a] = this.#slots[b] as number
    this.#positions[a] = this.#positions[b] as number
    this.#slots[b] = slot
    this.#positions[b] = position
  }
}
