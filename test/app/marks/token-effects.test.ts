import { expect, test } from 'vitest'
import { signedTint } from '../../../app/src/marks/tint.ts'
import {
  effectsScale,
  effectWords,
  gigaflops,
  passesWords,
  rankedEffects,
} from '../../../app/src/marks/token-effects.ts'

const tokens = ['<s>', ' shiny', ' key', ' the'].map(text => ({ text }))
const values = [-7, 0.25, -2.307, 0]

test('the scale is symmetric with a round end, and a first token that is left out does not stretch it', () => {
  expect(effectsScale(values, false)).toEqual({ signed: true, most: 10 })
  expect(effectsScale(values, true)).toEqual({ signed: true, most: 5 })
  expect(effectsScale([0], false).most).toBe(1)
})

test('violet lowers, orange raises, and nothing has the colour of the paper', () => {
  const scale = effectsScale(values, true)
  const channel = (value: number) => signedTint(value, scale, 'light')!.ground.match(/\d+/g)!.map(Number)
  const [minus, plus] = [channel(-5), channel(5)]
  expect(minus[2]!).toBeGreaterThan(minus[0]!)
  expect(plus[0]!).toBeGreaterThan(plus[2]!)
  expect(signedTint(0, scale, 'light')).toBeUndefined()
  expect(signedTint(-500, scale, 'dark')).toEqual(signedTint(-5, scale, 'dark'))
})

test('what a token does can be read aloud; the first and the last are said to be what they are', () => {
  const say = (key: number) => effectWords(tokens, key, values, { text: ' key' })
  expect(say(2)).toBe('without “ key” at 2 the log-probability of “ key” changes by −2.31 nats.')
  expect(say(1)).toContain('changes by +0.250 nats')
  expect(say(0)).toMatch(/many heads rest/)
  expect(say(3)).toMatch(/“ the” at 3 is the last token/)
  expect(rankedEffects(values)).toEqual([0, 2, 1, 3])
})

test('how much work it is, in passes and in operations', () => {
  expect(passesWords(134)).toBe('about 67 passes over this prompt')
  expect(passesWords(2)).toBe('about 1 pass over this prompt')
  // The plan of the specimen counts 100.5 at 128 tokens and 1,925 at 511; that of SmolLM2 1,787 at 128.
  expect(gigaflops({ layers: 8, dim: 256 }, 128) / 100.5).toBeCloseTo(1, 0)
  expect(gigaflops({ layers: 8, dim: 256 }, 511) / 1925).toBeCloseTo(1, 0)
  expect(gigaflops({ layers: 30, dim: 576 }, 128) / 1787).toBeCloseTo(1, 0)
})
