import { expect, test } from 'vitest'
import { Kept } from '../../src/service/kept.ts'
import { HeadwiseError } from '../../src/words/error.ts'

test('a value is made once, and the least recently used ones go when all weigh too much', async () => {
  const kept = new Kept<string>(5, s => s.length)
  let made = 0
  const get = (key: string) => kept.get(key, async () => `${key}${++made && ''}`)
  await Promise.all([get('aa'), get('aa')])
  expect(made).toBe(1)
  await get('bb')
  await get('aa')
  await get('cc')
  expect(made).toBe(3)
  await get('aa')
  expect(made).toBe(3)
  await get('bb')
  expect(made).toBe(4)
})

test('no more than so many are kept', async () => {
  const kept = new Kept<string>(100, s => s.length, 2)
  let made = 0
  const get = (key: string) => kept.get(key, async () => `${++made}`)
  for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await get(key)
  expect(made).toBe(4)
})

test('the newest stays however much it weighs', async () => {
  const kept = new Kept<string>(1, s => s.length)
  let made = 0
  for (let i = 0; i < 2; i++) await kept.get('large', async () => `${++made} is large`)
  expect(made).toBe(1)
})

test('a failure is not kept, and whoever waited for stopped work does it again', async () => {
  const kept = new Kept<string>(10, s => s.length)
  await expect(kept.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  let stop = (_: Error): void => undefined
  const first = kept.get(
    'a',
    () =>
      new Promise((_, reject) => {
        stop = reject
      }),
  )
  const second = kept.get('a', async () => 'again')
  stop(new HeadwiseError('The work was interrupted.', { code: 'interrupted', fault: 'interrupted' }))
  await expect(first).rejects.toMatchObject({ code: 'interrupted' })
  expect(await second).toBe('again')
})
