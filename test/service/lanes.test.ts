import { expect, test } from 'vitest'
import { Lanes } from '../../src/service/lanes.ts'
import { throwIfAborted } from '../../src/words/error.ts'

/** Work that ends when it is let go, or stops when it is told to. */
function task() {
  let go = (): void => undefined
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  const work = async (signal: AbortSignal): Promise<string> => {
    await Promise.race([gate, new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))])
    throwIfAborted(signal)
    return 'done'
  }
  return { go, work }
}

test('a newer call ends the older one of its lane and no other', async () => {
  const lanes = new Lanes()
  const [a, b, c] = [task(), task(), task()]
  const ends = [
    lanes.run('x', undefined, a.work),
    lanes.run('y', undefined, b.work),
    lanes.run(undefined, undefined, c.work),
  ]
  const newer = task()
  ends.push(lanes.run('x', undefined, newer.work))
  await expect(ends[0]).rejects.toMatchObject({ code: 'superseded', fault: 'interrupted' })
  for (const { go } of [b, c, newer]) go()
  expect(await Promise.all(ends.slice(1))).toEqual(['done', 'done', 'done'])
})

test('a caller that stops is told so, and a lane that ended supersedes nothing', async () => {
  const lanes = new Lanes()
  const stop = new AbortController()
  const first = lanes.run('x', stop.signal, task().work)
  stop.abort()
  await expect(first).rejects.toMatchObject({ code: 'interrupted' })
  const second = task()
  second.go()
  expect(await lanes.run('x', undefined, second.work)).toBe('done')
  const third = task()
  third.go()
  expect(await lanes.run('x', undefined, third.work)).toBe('done')
})
