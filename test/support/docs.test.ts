import { expect, test } from 'vitest'
import { blocksOf, firstDifference } from './docs.ts'

test('blocks are found with their line and language', () => {
  const page = 'A page.\n\n```sh\necho 1\n```\n\n```text\n1\n```\n'
  expect(blocksOf('p.md', page)).toEqual([
    { page: 'p.md', line: 3, language: 'sh', text: 'echo 1\n' },
    { page: 'p.md', line: 7, language: 'text', text: '1\n' },
  ])
  expect(() => blocksOf('p.md', '```sh\necho')).toThrow('p.md:1')
})

test('outputs are equal up to the last digit shown, bars and spaces', () => {
  expect(firstDifference('loss 1.88 nats\n', 'loss  1.89 nats\n')).toBeUndefined()
  expect(firstDifference('loss 1.88 nats\n', 'loss 1.90 nats\n')).toBe('loss 1.88 nats')
  expect(firstDifference('a ███ 12%\n', 'a ██▍ 12%\n')).toBeUndefined()
  expect(firstDifference('a ███ 12%\n', 'b ███ 12%\n')).toBe('a ███ 12%')
  expect(firstDifference('0 · 9\n', '0 1 8\n')).toBeUndefined()
  expect(firstDifference('head −0.31\n', 'head +0.31\n')).toBe('head −0.31')
})

test('an ellipsis stands for any lines, and a missing end is noticed', () => {
  expect(firstDifference('one\n…\nfour\n', 'one\ntwo\nthree\nfour\n')).toBeUndefined()
  expect(firstDifference('one\n…\n', 'one\ntwo\n')).toBeUndefined()
  expect(firstDifference('one\n', 'one\ntwo\n')).toBe('(the page ends before) two')
  expect(firstDifference('one\n…\nfive\n', 'one\ntwo\n')).toBe('five')
})
