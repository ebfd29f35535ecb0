import { expect, test } from 'vitest'
import { Newest } from '../../../app/src/engine/newest.ts'

test('one question at a time; between two answers only the newest waits, and the last is always answered', async () => {
  const newest = new Newest()
  const asked: number[] = []
  const release: (() => void)[] = []
  const ask = (n: number): void =>
    newest.ask(async () => {
      asked.push(n)
      await new Promise<void>(resolve => release.push(resolve))
    })
  for (const n of [1, 2, 3]) ask(n)
  expect(asked).toEqual([1])
  release[0]!()
  await expect.poll(() => asked).toEqual([1, 3])
  ask(4)
  ask(5)
  release[1]!()
  await expect.poll(() => asked).toEqual([1, 3, 5])
  release[2]!()
  await new Promise(resolve => setTimeout(resolve))
  ask(6)
  expect(asked).toEqual([1, 3, 5, 6])
})
