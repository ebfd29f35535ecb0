import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { editsInForce } from '../../../app/src/state/change-edit.ts'
import { initial, type State } from '../../../app/src/state/state.ts'
import { copyingOf, doneWords, offHeads, record } from '../../../app/src/tour/copying.ts'
import { lossEnd, lossPath } from '../../../app/src/tour/loss-curve.ts'
import { saidTwice, secondStart } from '../../../app/src/tour/sequence.ts'
import { FIRST, onlyOff, SECOND, steps, UPSTREAM } from '../../../app/src/tour/steps.ts'
import type { Headwise } from '../../../src/library/headwise.ts'
import { load } from '../../../src/library/load.ts'
import { randomRepeats } from '../../../src/library/random-repeats.ts'
import { Service } from '../../../src/service/service.ts'
import type { Info, NextResult } from '../../../src/service/verbs.ts'
import { f32, i32 } from '../../../src/words/arrays.ts'

let model: Headwise
let service: Service
let info: Info
beforeAll(async () => {
  model = await load('specimen')
  service = new Service(model, { name: 'specimen', specimen: true, notice: '', version: '0', budget: 2 ** 30 })
  info = (await service.call('info', {})) as Info
})
afterAll(async () => {
  await model[Symbol.asyncDispose]()
})

test('the sequence of seed 0 is the first that the map’s scores are taken on', async () => {
  const [first] = randomRepeats(await model.tokenizer(), model.config.vocab, 0)
  expect(saidTwice(info, 0)).toEqual(first)
  expect(secondStart(saidTwice(info, 7))).toBe(51)
  expect(new Set(saidTwice(info, 7)).size).toBe(51)
})

test('tokens said twice are known as such, with a token in front or none, and others are not', () => {
  const list = fc.array(fc.nat(99), { minLength: 2, maxLength: 20 })
  fc.assert(
    fc.property(list, ids => {
      expect(secondStart([...ids, ...ids])).toBe(ids.length)
    }),
  )
  fc.assert(
    fc.property(list, ids => {
      expect(secondStart([100, ...ids, ...ids])).toBe(ids.length + 1)
    }),
  )
  fc.assert(
    fc.property(list, ids => {
      expect(secondStart([...ids, ...ids.with(-1, 100)])).toBeUndefined()
    }),
  )
  expect(secondStart([])).toBeUndefined()
})

test('copying counts first guesses and loss over the second saying, its first token left out', () => {
  const ids = [9, 1, 2, 3, 1, 2, 3]
  const best = i32([7], Int32Array.of(0, 0, 0, 1, 2, 0, 0))
  const logprob = f32([6], Float32Array.of(-9, -9, -9, -9, -0.5, -1.5))
  expect(copyingOf(ids, 4, { best, logprob })).toEqual({ right: 1, of: 2, loss: 1 })
})

/** Copying as the tour shows it, with the library's numbers under these edits. */
async function copied(s: State, seed = 0): Promise<number> {
  const ids = saidTwice(info, seed)
  const next = (await service.call('next', { ids, edits: editsInForce(s.edits, ids.length) })) as NextResult
  const { right, of } = copyingOf(ids, secondStart(ids)!, next.after ?? next.before)
  return right / of
}

test('every step’s deeds do what its text says, on three sequences', async () => {
  const deed = (step: number, i: number): State => steps[step]!.deeds[i]!.to(initial, 3)
  for (const seed of [0, 1, 2]) {
    expect(await copied(initial, seed)).toBeGreaterThan(0.9)
    const half = await copied(deed(3, 0), seed)
    expect(half).toBeGreaterThan(0.2)
    expect(half).toBeLessThan(0.85)
    expect(await copied(deed(4, 0), seed)).toBeLessThan(0.05)
    expect(await copied(deed(5, 1), seed)).toBeGreaterThan(0.9)
    expect(await copied(deed(6, 2), seed)).toBeLessThan(0.4)
  }
})

test('a deed is done when exactly these heads are off, by button or by hand', () => {
  for (const step of steps)
    for (const deed of step.deeds)
      for (let turn = 0; turn < 20; turn++) expect(deed.done(deed.to(initial, turn))).toBe(true)
  const one = steps[3]!.deeds[0]!.to(initial, 0)
  expect(onlyOff(one, [FIRST])).toBe(true)
  expect(onlyOff(one, [FIRST, SECOND])).toBe(false)
  expect(onlyOff({ edits: one.edits.map(l => ({ ...l, on: false })) }, [FIRST])).toBe(false)
  expect(steps[5]!.deeds[1]!.done(one)).toBe(false)
  expect(steps.length).toBe(8)
  for (const step of steps) expect(step.show(initial, 51).edits).toBe(initial.edits)
})

test('what was done is said by the heads that are off', () => {
  const off = (...heads: readonly (typeof FIRST)[]) =>
    editsInForce(
      heads.map(head => ({ on: true, change: { kind: 'scale', head, by: 0, at: 'all' } as const })),
      9,
    )
  expect(doneWords([])).toBe('nothing off')
  expect(doneWords(off(FIRST))).toBe('6.5 off')
  expect(doneWords(off(FIRST, SECOND))).toBe('6.5 and 6.1 off')
  expect(doneWords(off(FIRST, SECOND, UPSTREAM))).toBe('6.5, 6.1 and 4.7 off')
  expect(doneWords([{ do: 'scale', by: 0.5, at: { site: 'z', layer: 6 }, heads: [5] }])).toBe('other edits')
  expect(offHeads([{ do: 'zero', at: { site: 'z', layer: 6 }, heads: [5], positions: 'last' }])).toBeUndefined()
})

test('a newer measurement stands in the place of the older one', () => {
  const m = (words: string, right: number) => ({ words, copying: { right, of: 2, loss: 1 } })
  expect(record([m('a', 1), m('b', 1)], m('a', 2))).toEqual([m('a', 2), m('b', 1)])
  expect(record([m('a', 1)], m('b', 2))).toEqual([m('a', 1), m('b', 2)])
})

test('the curve ends at the right, and its scale holds every loss', () => {
  expect(lossEnd([-0.5, -7.2], [-8.01])).toBe(9)
  expect(lossPath([0, -2, -4], 4, 100, 40)).toBe('M0.0 0.0L50.0 20.0L100.0 0.0'.replace('M0.0 0.0', 'M0.0 40.0'))
})
