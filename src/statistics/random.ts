import { HeadwiseError } from '../words/error.ts'

const MASK = (1n << 64n) - 1n

/**
 * SplitMix64: well-mixed 64-bit words from any seed, the published way to seed xoshiro generators.
 * Source: S. Vigna, https://prng.di.unimi.it/splitmix64.c (public domain).
 */
export function splitmix64(seed: bigint): () => bigint {
  let state = seed & MASK
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK
    return z ^ (z >> 31n)
  }
}

/**
 * xoshiro128** 1.1: unsigned 32-bit integers from four words of state, not all zero.
 * Source: D. Blackman and S. Vigna, https://prng.di.unimi.it/xoshiro128starstar.c (public domain).
 */
export function xoshiro128(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const x = Math.imul(b, 5)
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return Math.imul((x << 7) | (x >>> 25), 9) >>> 0
  }
}

/** FNV-1a over UTF-16 code units (low byte, high byte), 64 bits: turns a label into a seed. */
function labelHash(label: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < label.length; i++) {
    const unit = label.charCodeAt(i)
    for (const byte of [unit & 255, unit >> 8]) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK
  }
  return hash
}

/** A stream of random numbers that a seed determines: the same on every platform. */
export interface Random {
  /** A number of [0, 1) with 53 random bits. */
  uniform(): number
  /** An unbiased integer of [0, n), 1 ≤ n ≤ 2^32. */
  integer(n: number): number
  /** k distinct integers of [0, n) in random order, 0 ≤ k ≤ n; time and memory grow with k only. */
  sample(n: number, k: number): number[]
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent stream that depends on the seed and the label only, not on what was drawn before. */
  fork(label: string): Random
}

const wrong = (where: string, found: unknown, allowed: string): HeadwiseError =>
  new HeadwiseError(`The random ${where} is ${String(found)}; it must be ${allowed}.`, {
    code: 'random-argument',
    fault: 'usage',
    where,
    found,
    allowed,
  })

/** A generator for a seed of 0 … 2^53 − 1. */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw wrong('seed', seed, 'an integer from 0 to 2^53 - 1')
  return fromKey(BigInt(seed))
}

function fromKey(key: bigint): Random {
  const word = splitmix64(key)
  const [one, two] = [word(), word()]
  const low = (w: bigint): number => Number(w & 0xffffffffn)
  const next = xoshiro128(low(one), low(one >> 32n), low(two), low(two >> 32n))

  const integer = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) throw wrong('range', n, 'an integer from 1 to 2^32')
    // The last, incomplete run of n values would favour small results: draw again.
    const limit = 2 ** 32 - (2 ** 32 % n)
    let x = next()
    while (x >= limit) x = next()
    return x % n
  }
  /** The first k steps of a Fisher–Yates shuffle of 0 … n − 1, of which only the moved entries are stored. */
  const sample = (n: number, k: number): number[] => {
    if (!Number.isInteger(k) || k < 0 || k > n) throw wrong('sample size', k, `an integer from 0 to ${n}`)
    const moved = new Map<number, number>()
    return Array.from({ length: k }, (_, i) => {
      const j = i + integer(n - i)
      const drawn = moved.get(j) ?? j
      moved.set(j, moved.get(i) ?? i)
      return drawn
    })
  }
  return {
    uniform: () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53,
    integer,
    sample,
    shuffle: items => sample(items.length, items.length).map(i => items[i]!),
    fork: label => fromKey(splitmix64(key ^ labelHash(label))()),
  }
}
