import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import type { Grid } from '../../src/words/grid.ts'
import { Postgres } from '../support/postgres.ts'
import { largestDifference, root, run, SENTENCE, start, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)

const TEXT = 'When Tom and Mary went to the market, Tom gave a coin to Mary. Then Anna gave a book to Ben. '.repeat(18)
const command = (...more: string[]): string[] => ['ablate', 'specimen', TEXT, '--json', ...more]

const contents = (run: string): Record<string, string> =>
  Object.fromEntries(readdirSync(at(run)).map(name => [name, readFileSync(join(at(run), name)).toString('hex')]))

/** What an undisturbed run prints and keeps. */
let whole = { stdout: '', parts: 0 }
beforeAll(async () => {
  const { code, stdout, stderr } = await run(command('--run', at('whole')))
  expect(code, stderr).toBe(0)
  whole = { stdout, parts: readdirSync(at('whole')).filter(n => n.startsWith('part-')).length }
  expect(whole.parts).toBeGreaterThan(1)
})

test('a job in parts is the sweep in one piece, to the last digits of sums in another order', async () => {
  const { stdout } = await run(command())
  const [a, b] = [whole.stdout, stdout].map(text => (JSON.parse(text) as Grid).values.flat() as number[])
  expect(largestDifference(a!, b!)).toBeLessThan(2e-5)
})

test('killed and resumed with more workers: the same bytes, on stdout and in the folder', async () => {
  const first = start(command('--run', at('killed')))
  while (!existsSync(join(at('killed'), 'part-000000.parquet'))) await wait(5)
  first.kill('SIGKILL')
  expect((await first.ended).code).toBeNull()
  const { code, stdout, stderr } = await run(command('--run', at('killed'), '--workers', '2'))
  expect(code, stderr).toBe(0)
  expect(stderr).toMatch(/holds \d of \d parts; the others follow\./)
  expect(stdout).toBe(whole.stdout)
  expect(contents('killed')).toEqual(contents('whole'))
})

test('an interrupt ends with 130 and one sentence that says how to go on', async () => {
  const first = start(command('--run', at('stopped')))
  while (!existsSync(join(at('stopped'), 'part-000000.parquet'))) await wait(5)
  first.kill('SIGINT')
  const { code, stdout, stderr } = await first.ended
  expect([code, stdout]).toEqual([130, ''])
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    /^headwise: Interrupted with \d of \d parts in .*; the same command resumes there\.$/,
  )
  expect(readdirSync(at('stopped'))).not.toContain('lock')
})

test('a finished run prints its result again without computing; a damaged part is set aside and computed again', async () => {
  expect(await run(command('--run', at('whole')))).toMatchObject({ code: 0, stdout: whole.stdout })
  writeFileSync(join(at('whole'), 'part-000001.parquet'), 'PAR1')
  const { stdout, stderr } = await run(command('--run', at('whole')))
  expect(stdout).toBe(whole.stdout)
  expect(stderr).toMatch(
    /part-000001\.parquet.* It is kept as part-000001\.parquet\.bad-1, and part 1 is computed again\./,
  )
})

test('contradictions and folders of other things are refused before anything runs', async () => {
  const refused: [string[], number, RegExp][] = [
    [['--run', at('x'), '--threads', '2'], 2, /--run and --threads exclude each other/],
    [['--workers', '2', '--queue', 'redis://h'], 2, /--workers and --queue exclude each other/],
    [['--workers', '0'], 2, /--workers is "0"; allowed: a whole number, 1 to 1024/],
    [['--queue', 'http://h'], 2, /--queue is http:; allowed: redis:/],
    [['--queue', 'postgres://u:secret@127.0.0.1:1/db'], 1, /cannot be reached/],
    [['--run', root], 2, /holds no run, but other files/],
    [['--mode', 'mean', '--run', at('whole')], 65, /spec\.request\.method differs from this run's; use another folder/],
  ]
  for (const [more, code, says] of refused) {
    const ended = await run(command(...more))
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(SENTENCE)
    expect(ended.stderr).toMatch(says)
    expect(ended.stderr).not.toContain('secret')
  }
  expect(await run(['worker', 'specimen'])).toMatchObject({ code: 2 })
})

test('a worker that has the model elsewhere computes the parts of a queue: the same bytes', async () => {
  await using server = await Postgres.start()
  cpSync(join(root, 'models/specimen'), at('copy'), { recursive: true })
  const worker = start(['worker', at('copy'), '--queue', server.url])
  await worker.seen('stderr', /Waiting for parts/)
  const { code, stdout, stderr } = await run(command('--queue', server.url))
  expect(code, stderr).toBe(0)
  expect(stdout).toBe(whole.stdout)
  worker.kill('SIGINT')
  expect(await worker.ended).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/The worker was stopped; the parts that it had begun are finished\.\n$/) as string,
  })
})
