import { expect, test } from 'vitest'
import { Line } from '../../src/server/line.ts'

const never = new AbortController().signal
/** Work that lasts until it is let go. */
function held() {
  let go = (): void => undefined
  const done = new Promise<void>(resolve => {
    go = resolve
  })
  return { go, work: () => done }
}

test('work goes one at a time in its order; a failure does not stop the line', async () => {
  const line = new Line('jobs', 5)
  const seen: string[] = []
  const first = held()
  const ends = [
    line.run(first.work, never),
    line.run(async () => void seen.push('b'), never),
    line.run(() => Promise.reject(new Error('no')), never),
    line.run(async () => void seen.push('d'), never),
  ]
  await Promise.resolve()
  expect(seen).toEqual([])
  first.go()
  expect((await Promise.allSettled(ends)).map(e => e.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(seen).toEqual(['b', 'd'])
})

test('so many wait and no more; whoever leaves makes room', async () => {
  const line = new Line('jobs', 2)
  const first = held()
  const stop = new AbortController()
  const running = line.run(first.work, never)
  const leaving = line.run(async () => 'not begun', stop.signal)
  const waiting = line.run(async () => 'second', never)
  expect(() => line.run(async () => 'x', never)).toThrow('2 jobs wait already; try again in 5 seconds.')
  stop.abort()
  await expect(leaving).rejects.toMatchObject({ code: 'interrupted' })
  const late = line.run(async () => 'late', never)
  first.go()
  expect(await Promise.all([running, waiting, late])).toEqual([undefined, 'second', 'late'])
})

test('work that is stopped before it begins is not begun, and the turn goes on', async () => {
  const line = new Line('jobs', 2)
  const stop = new AbortController()
  stop.abort()
  let begun = false
  const work = async () => {
    begun = true
  }
  await expect(line.run(work, stop.signal)).rejects.toMatchObject({ code: 'interrupted' })
  expect(begun).toBe(false)
  expect(await line.run(async () => 'next', never)).toBe('next')
})
