import { expect, test } from 'vitest'
import { canonicalJson, numberOf, toJson } from '../../src/results/json.ts'

test('keys are sorted at every depth, whatever the order they were given in', () => {
  const a = { b: [{ y: 1, x: 2 }], a: { d: null, c: true } }
  const b = { a: { c: true, d: null }, b: [{ x: 2, y: 1 }] }
  expect(canonicalJson(a)).toBe('{"a":{"c":true,"d":null},"b":[{"x":2,"y":1}]}')
  expect(canonicalJson(b)).toBe(canonicalJson(a))
})

test('numbers that JSON lacks are marks, typed arrays are lists', () => {
  const values = [
    Float32Array.of(1, Number.NaN),
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Int32Array.of(-1),
    -0,
  ]
  expect(canonicalJson(values)).toBe('[[1,"NaN"],"Infinity","-Infinity",[-1],0]')
})

test('what a terminal obeys is escaped in the document and reads back equal', () => {
  const text = '\u001b[2J \u009b31m \u202eabc\u2028 \ufeff \ud800 😀 é'
  const document = toJson({ text })
  expect(document).toBe('{"text":"\\u001b[2J \\u009b31m \\u202eabc\\u2028 \\ufeff \\ud800 😀 é"}\n')
  expect(JSON.parse(document)).toEqual({ text })
})

test('a key named __proto__ stays a key', () => {
  const value: unknown = JSON.parse('{"__proto__":{"x":1},"a":2}')
  expect(canonicalJson(value)).toBe('{"__proto__":{"x":1},"a":2}')
})

test('a mark is a number, other text is none', () => {
  expect(['NaN', 'Infinity', '-Infinity', null, 2.5].map(numberOf)).toEqual([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    2.5,
  ])
  expect(['nan', 'inf', '1', '', [], {}, true, undefined].map(numberOf)).toEqual(new Array(8).fill(undefined))
})
