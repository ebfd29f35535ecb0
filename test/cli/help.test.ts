import { expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { run } from './support.ts'

/** Long lines of an example are copied, not read. */
const prose = (help: string): string[] => help.split('\n').filter(line => !line.startsWith('  headwise'))

test.each(commands.map(c => c.name))('headwise %s --help is short, within 80 columns, with an example', async name => {
  const { code, stdout, stderr } = await run([name, '--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(new RegExp(`^  headwise ${name}\\b`, 'm'))
  expect(Math.max(...prose(stdout).map(line => line.length))).toBeLessThanOrEqual(80)
  expect(stdout.split('\n').length).toBeLessThan(50)
})

test('headwise --help and help list every command', async () => {
  const asked = await run(['--help'])
  expect(asked.code).toBe(0)
  for (const { name, summary } of commands) expect(asked.stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
  expect((await run(['help'])).stdout).toBe(asked.stdout)
  expect((await run(['help', 'run'])).stdout).toBe((await run(['run', '--help'])).stdout)
  expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
