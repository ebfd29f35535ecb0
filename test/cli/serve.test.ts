import { expect, test } from 'vitest'
import { run, SENTENCE, start, temporaryFolder } from './support.ts'

const HEADWISE_CACHE = temporaryFolder()
const env = { HEADWISE_CACHE }

test.each([{ args: [] }, { args: ['serve', 'specimen', '--port', '0'] }])(
  'headwise $args opens the workbench until it is stopped',
  async ({ args }) => {
    const server = start(args, { env, waiting: true })
    await server.seen('stdout', /^http:\/\/127\.0\.0\.1:\d+\/\n/)
    await server.seen('stderr', /Ctrl-C stops it/)
    server.kill('SIGINT')
    expect((await server.ended).code).toBe(0)
  },
)

test('a server beyond this machine prints an address with a token', async () => {
  const server = start(['serve', '--host', '0.0.0.0', '--port', '0', '--no-open'], { env, waiting: true })
  await server.seen('stdout', /^http:.*\n/)
  server.kill('SIGINT')
  expect((await server.ended).stdout).toMatch(/^http:\/\/0\.0\.0\.0:\d+\/\?token=[\w-]{32}\n$/)
})

test('what cannot be opened ends the command in one sentence', async () => {
  const missing = await run(['serve', './nothing-here', '--port', '0'], { env })
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toMatch(SENTENCE)
  const port = await run(['serve', '--port', '70000'], { env })
  expect(port).toMatchObject({ code: 2, stdout: '' })
  const host = await run(['serve', '--host', '203.0.113.1', '--port', '0'], { env })
  expect(host).toMatchObject({ code: 1, stdout: '' })
  expect(host.stderr).toMatch(SENTENCE)
})
