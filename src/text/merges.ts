import { show } from '../checkpoint/fault.ts'
import { HeadwiseError } from '../words/error.ts'
import { MAX_ENTRIES, type Vocabulary } from './vocabulary.ts'

/**
 * The pairs that BPE may join. A pair that may be joined has a slot (-1: it may not); slots are only names, their order
 * is `before`'s. Earlier pairs are joined first, equal ones from left to right.
 */
export interface Merges {
  find(left: number, right: number): number
  product(slot: number): number
  /** Negative when pair `a` goes before pair `b`. */
  before(a: number, b: number): number
}

/** A list of pairs, most important first. The slot of a pair is its rank. */
export class MergeList implements Merges {
  // Open addressing over typed arrays: 50,000 pairs are ready in a few milliseconds, which a Map of strings is not.
  readonly #mask: number
  readonly #left: Int32Array
  readonly #right: Int32Array
  readonly #rank: Int32Array
  readonly #product: Int32Array

  /** `prefix` is the continuing-subword prefix, cut from the right part when the two are joined. */
  constructor(entries: readonly unknown[], vocabulary: Vocabulary, file: string, where: string, prefix = '') {
    if (entries.length > MAX_ENTRIES)
      throw new HeadwiseError(`${file}: ${where} has ${entries.length} entries; the limit is ${MAX_ENTRIES}.`, {
        code: 'tokenizer-merges-count',
        file,
        where,
        found: entries.length,
        allowed: `at most ${MAX_ENTRIES}`,
      })
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, entries.length * 2)))
    this.#mask = capacity - 1
    this.#left = new Int32Array(capacity)
    this.#right = new Int32Array(capacity)
    this.#rank = new Int32Array(capacity).fill(-1)
    this.#product = new Int32Array(entries.length)
    const known = (text: string, rank: number): number => {
      const id = vocabulary.id(text)
      if (id !== undefined) return id
      throw new HeadwiseError(
        `${file}: ${where}[${rank}] needs the token ${show(text)}, which the vocabulary does not hold.`,
        {
          code: 'tokenizer-merge-token',
          file,
          where: `${where}[${rank}]`,
          found: text,
          allowed: 'tokens of the vocabulary',
        },
      )
    }
    for (let rank = 0; rank < entries.length; rank++) {
      const [left, right] = parts(entries[rank], rank, file, where)
      const end = prefix === '' ? right : right.slice(prefix.length)
      // Trained vocabularies hold the products in the order of the merges: looking at the next one saves most lookups.
      const next = (this.#product[rank - 1] ?? -1) + 1
      this.#product[rank] =
        vocabulary.unique && isJoined(vocabulary.text(next), left, end) ? next : known(left + end, rank)
      const l = known(left, rank)
      const r = known(right, rank)
      const at = this.#place(l, r)
      this.#left[at] = l
      this.#right[at] = r
      // A pair listed twice has its last rank, as in Hugging Face tokenizers.
      this.#rank[at] = rank
    }
  }

  find(left: number, right: number): number {
    return this.#rank[this.#place(left, right)] as number
  }

  product(slot: number): number {
    return this.#product[slot] as number
  }

  before(a: number, b: number): number {
    return a - b
  }

  #place(left: number, right: number): number {
    let at = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0
    at = (at ^ (at >>> 15)) & this.#mask
    while (this.#rank[at] !== -1 && (this.#left[at] !== left || this.#right[at] !== right)) at = (at + 1) & this.#mask
    return at
  }
}

const isJoined = (text: string | undefined, left: string, right: string): boolean =>
  text !== undefined && text.length === left.length + right.length && text.startsWith(left) && text.endsWith(right)

function parts(entry: unknown, rank: number, file: string, where: string): readonly [string, string] {
  if (typeof entry === 'string') {
    const space = entry.indexOf(' ')
    if (space > 0 && space < entry.length - 1 && entry.indexOf(' ', space + 1) === -1)
      return [entry.slice(0, space), entry.slice(space + 1)]
  } else if (Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && typeof entry[1] === 'string')
    return [entry[0], entry[1]]
  throw new HeadwiseError(`${file}: ${where}[${rank}] is ${show(entry)}; a merge has two texts as its parts.`, {
    code: 'tokenizer-merge-parts',
    file,
    where: `${where}[${rank}]`,
    found: show(entry),
    allowed: 'two texts',
  })
}

/**
 * SentencePiece BPE: any two neighbours whose joined text is a token may be joined, the best score first. Among equal
 * scores the order is that of the merge list which transformers generates: longer left part, then longer right part,
 * then the order of the vocabulary.
 */
export class ScoreMerges implements Merges {
  readonly #vocabulary: Vocabulary
  readonly #scores: ArrayLike<number>
  readonly #joinable: (id: number) => boolean
  readonly #slots = new Map<number, number>()
  readonly #pairs: { product: number; left: number; right: number }[] = []

  /** `joinable` is false for tokens that never come out of ordinary text (control, unknown). */
  constructor(vocabulary: Vocabulary, scores: ArrayLike<number>, joinable: (id: number) => boolean) {
    this.#vocabulary = vocabulary
    this.#scores = scores
    this.#joinable = joinable
  }

  find(left: number, right: number): number {
    const key = left * MAX_ENTRIES + right
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = this.#discover(left, right)
    // The pairs of a language are few; this bounds what a hostile text can make us remember.
    if (this.#slots.size < MAX_ENTRIES) this.#slots.set(key, slot)
    return slot
  }

  #discover(left: number, right: number): number {
    if (!this.#joinable(left) || !this.#joinable(right)) return -1
    const l = this.#vocabulary.text(left) as string
    const r = this.#vocabulary.text(right) as string
    const product = this.#vocabulary.id(l + r)
    if (product === undefined || !this.#joinable(product)) return -1
    return this.#pairs.push({ product, left: [...l].length, right: [...r].length }) - 1
  }

  product(slot: number): number {
    return this.#pairs[slot]?.product as number
  }

  before(a: number, b: number): number {
    const x = this.#pairs[a] as { product: number; left: number; right: number }
    const y = this.#pairs[b] as { product: number; left: number; right: number }
    return (
      (this.#scores[y.product] as number) - (this.#scores[x.product] as number) ||
      y.left - x.left ||
      y.right - x.right ||
      x.product - y.product
    )
  }
}
