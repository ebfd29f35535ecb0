import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AddressBar } from '../../../app/src/state/address-bar.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A browser's history: its entries, the last one shown, and how often it was written. */
function historyOf(first: string) {
  const told = { entries: [first], writes: 0 }
  const put = (from: number) => (_: unknown, __: string, address?: string | URL | null) => {
    told.writes++
    told.entries.splice(from, 1, `${address}`)
  }
  const bar = {
    pushState: (...args: Parameters<History['pushState']>) => put(told.entries.length)(...args),
    replaceState: (...args: Parameters<History['pushState']>) => put(-1)(...args),
  }
  return { told, bar: new AddressBar(bar, first) }
}

test('a gesture is one entry: back leads to before it, and the next one of its name is another', () => {
  const { told, bar } = historyOf('#a')
  for (const address of ['#b', '#c', '#d']) bar.step(address, 'drag')
  expect(told.entries).toEqual(['#a', '#d'])
  bar.settle()
  bar.step('#e', 'drag')
  bar.step('#f')
  bar.step('#f')
  bar.amend('#g')
  expect(told.entries).toEqual(['#a', '#d', '#e', '#g'])
})

test('a long drag writes seldom enough for every browser, and its end is written', () => {
  const { told, bar } = historyOf('#a')
  for (let i = 0; i < 1800; i++) {
    bar.step(`#${i}`, 'drag')
    vi.advanceTimersByTime(16)
  }
  expect(told.writes).toBeLessThan(80)
  vi.advanceTimersByTime(1000)
  expect(told.entries).toEqual(['#a', '#1799'])
})

test('the end of a drag is written before the next entry, and not over what the browser went back to', () => {
  const { told, bar } = historyOf('#a')
  for (let i = 0; i < 100; i++) bar.step(`#${i}`, 'drag')
  expect(told.entries.at(-1)).not.toBe('#99')
  bar.step('#next')
  expect(told.entries).toEqual(['#a', '#99', '#next'])
  for (let i = 0; i < 100; i++) bar.step(`#${i}`, 'drag')
  bar.moved('#99')
  const { writes } = told
  vi.advanceTimersByTime(5000)
  expect(told.writes).toBe(writes)
})

test('a browser that refuses leaves the page alone', () => {
  const refuse = (): never => {
    throw new DOMException('too often', 'SecurityError')
  }
  const bar = new AddressBar({ pushState: refuse, replaceState: refuse }, '#a')
  expect(() => bar.step('#b')).not.toThrow()
})
