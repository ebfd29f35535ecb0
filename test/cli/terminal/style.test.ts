import { expect, test } from 'vitest'
import { styleOf } from '../../../src/cli/terminal/style.ts'

test('colours follow the usual signs', () => {
  const tty = { isTTY: true, columns: 100 }
  const of = (stream: object, env: NodeJS.ProcessEnv, wanted = true) => styleOf(stream, env, wanted).colors
  expect(of({}, { TERM: 'xterm-256color' })).toBe(0)
  expect(of(tty, { TERM: 'xterm-256color' })).toBe(256)
  expect(of(tty, { TERM: 'xterm', COLORTERM: 'truecolor' })).toBe(16777216)
  expect(of(tty, { TERM: 'dumb' })).toBe(0)
  expect(of(tty, { TERM: 'xterm-256color', NO_COLOR: '1' })).toBe(0)
  expect(of(tty, { TERM: 'xterm-256color' }, false)).toBe(0)
  expect(of({}, { FORCE_COLOR: '1' })).toBe(256)
  expect(of({}, { FORCE_COLOR: '3' })).toBe(16777216)
  expect(of(tty, { TERM: 'xterm-256color', FORCE_COLOR: '0' })).toBe(0)
  expect(styleOf(tty, {}).columns).toBe(100)
  expect(styleOf({}, {}).columns).toBe(80)
})
