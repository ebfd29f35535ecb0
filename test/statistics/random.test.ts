import { expect, test } from 'vitest'
import { createRandom, splitmix64, xoshiro128 } from '../../src/statistics/random.ts'

const take = <T>(n: number, next: () => T): T[] => Array.from({ length: n }, next)

test('splitmix64 gives the published vector for the seed 1234567', () => {
  expect(take(5, splitmix64(1234567n))).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ])
})

test('xoshiro128** gives the vector of its reference implementation for the state 1, 2, 3, 4', () => {
  expect(take(10, xoshiro128(1, 2, 3, 4))).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ])
})

test('a seed fills the state from splitmix64, low word first (as a C program of both references prints)', () => {
  const random = createRandom(42)
  expect(take(6, () => random.integer(2 ** 32))).toEqual([
    1776835114, 4165204688, 17111135, 2317295270, 2792088233, 2554630222,
  ])
})

test('the stream of a seed is fixed for good', () => {
  const random = createRandom(7)
  expect(random.uniform()).toBe(0.4193505224726699)
  expect(random.integer(1000)).toBe(842)
  expect(random.sample(100, 5)).toEqual([40, 0, 11, 94, 10])
  expect(random.shuffle(['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd', 'b'])
  expect(createRandom(7).fork('prompts').uniform()).toBe(0.614161976789581)
})

test('a fork depends on seed and label, not on what was drawn', () => {
  const fresh = createRandom(5)
  const used = createRandom(5)
  take(100, used.uniform)
  expect(used.fork('x').uniform()).toBe(fresh.fork('x').uniform())
  const streams = [fresh, fresh.fork('x'), fresh.fork('y'), createRandom(6).fork('x'), fresh.fork('x').fork('y')]
  expect(new Set(streams.map(r => r.uniform())).size).toBe(streams.length)
})

/** Σ (observed − expected)² / expected over equally likely outcomes. */
const chiSquare = (counts: readonly number[], draws: number): number =>
  counts.reduce((s, c) => s + (c - draws / counts.length) ** 2 / (draws / counts.length), 0)

test('integers, samples and shuffles are uniform (chi-square below its 99.99% point)', () => {
  const random = createRandom(1)
  const faces = new Array<number>(6).fill(0)
  const pairs = new Array<number>(20).fill(0)
  const orders = new Map<string, number>()
  for (let i = 0; i < 60_000; i++) {
    faces[random.integer(6)]! += 1
    const [a = 0, b = 0] = random.sample(5, 2)
    pairs[a * 4 + (b > a ? b - 1 : b)]! += 1
    const order = random.shuffle([1, 2, 3]).join('')
    orders.set(order, (orders.get(order) ?? 0) + 1)
  }
  expect(chiSquare(faces, 60_000)).toBeLessThan(25.7)
  expect(chiSquare(pairs, 60_000)).toBeLessThan(50.8)
  expect(orders.size).toBe(6)
  expect(chiSquare([...orders.values()], 60_000)).toBeLessThan(25.7)
})

test('a range just above 2^31 is not biased towards small numbers', () => {
  const random = createRandom(3)
  const n = 3 * 2 ** 30
  const small = take(30_000, () => random.integer(n)).filter(x => x < n / 3).length
  // Without rejection half of all draws would be small instead of a third (standard deviation 82).
  expect(Math.abs(small - 10_000)).toBeLessThan(410)
})

test('sampling a few of very many costs a few', () => {
  const drawn = createRandom(2).sample(2 ** 32, 50)
  expect(new Set(drawn).size).toBe(50)
})

test.each([-1, 1.5, Number.NaN, 2 ** 53])('the seed %s is refused', seed => {
  expect(() => createRandom(seed)).toThrow(
    expect.objectContaining({ code: 'random-argument', where: 'seed', fault: 'usage', found: seed }),
  )
})

test('ranges and sample sizes that do not exist are refused', () => {
  const random = createRandom(0)
  for (const n of [0, -1, 2.5, 2 ** 32 + 1]) expect(() => random.integer(n)).toThrow('random range')
  for (const k of [-1, 1.5, 6]) expect(() => random.sample(5, k)).toThrow('random sample size')
  expect(random.sample(5, 0)).toEqual([])
})
