import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, SENTENCE, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)
const env = { HEADWISE_CACHE: at('cache') }
const tasks = (...args: string[]) => run(['tasks', 'specimen', ...args], { env })
/** A model that does not exist: a refusal that does not speak of it came before any model was looked for. */
const M = at('no-such-model.gguf')

mkdirSync(at('data/blimp'), { recursive: true })
const pair = (good: string, bad: string) => JSON.stringify({ sentence_good: good, sentence_bad: bad })
writeFileSync(
  at('data/blimp/anaphor_gender_agreement.jsonl'),
  `${pair('The girl saw herself.', 'The girl saw himself.')}\n${pair('The boy saw himself.', 'The boy saw herself.')}\n`,
)
const row = (answer: string) => ({ text: 'When Lily and Jack went out, Jack gave a kite to', answers: [answer] })
writeFileSync(
  at('kites.json'),
  JSON.stringify({
    name: 'kites',
    form: 'next',
    metric: 'accuracy',
    prompts: [row(' Lily'), row(' antidisestablishmentarianism')],
  }),
)

test('one built-in task: under its form and metric, beside chance', async () => {
  const { code, stdout } = await tasks('--task', 'ioi', '--n', '16')
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^task +rows +accuracy +chance +mean\nform next, logit_diff\n {2}ioi +16 +100% \[\d+, 100\] +50% +\d/,
  )
})

test('how one task was made is told on stderr, of many it is not', async () => {
  const notes = /ioi: \d+ of \d+ names left out: not one token of this model's tokenizer\.\n/
  expect((await tasks('--task', 'ioi', '--n', '2')).stderr).toMatch(notes)
  expect((await tasks('--n', '1')).stderr).not.toMatch(notes)
})

test('a sweep on a task that the model is not shown to do says so, and is carried out', async () => {
  const removed = (task: string) => run(['ablate', 'specimen', '--task', task, '--n', '12', '--heads', '4.2'], { env })
  const says =
    /^colours: the model answers \d+% \[\d+, \d+\] of these rows right, and 33% would be chance: .*not testable\.$/m
  const [cannot, can] = [await removed('colours'), await removed('capitals')]
  expect([cannot.code, can.code]).toEqual([0, 0])
  expect(cannot.stderr).toMatch(says)
  expect(can.stderr).not.toMatch(/testable/)
})

test('--json prints the results and nothing else', async () => {
  const { code, stdout } = await tasks('--task', 'capitals', '--n', '8', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject([
    { id: 'capitals', prompts: 8, chance: 0.5, spec: { request: { seed: 0 } } },
  ])
})

test('--out keeps the list: as JSON for rerun, as CSV for a spreadsheet', async () => {
  for (const name of ['ioi.json', 'ioi.csv'])
    expect((await tasks('--task', 'ioi', '--n', '6', '--out', at(name))).code).toBe(0)
  expect(readFileSync(at('ioi.csv'), 'utf8').split(/\r?\n/)[1]).toMatch(
    /^"ioi","logit_diff",6,[\d.]+,[\d.]+,[\d.]+,1,1,1,0\.5$/,
  )
  const { code, stdout } = await run(['rerun', at('ioi.json')], { env })
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'Reproduced. The largest difference is 0; the tolerance is 0.00100.\n',
  })
  expect(await tasks('--task', 'ioi', '--out', at('ioi.svg'))).toMatchObject({ code: 2, stdout: '' })
})

test('a file, whose row of several tokens is told on stderr', async () => {
  const { code, stdout, stderr } = await tasks('--task', at('kites.json'))
  expect(code).toBe(0)
  expect(stdout).toMatch(/kites +1 of 2 +100% +0% +1\.00/)
  expect(stderr).toMatch(/kites: 1 of 2 rows left out; the first: prompts\[1\]: .* is \d+ tokens, not one\.\n/)
})

test('a data set, and one task of it', async () => {
  for (const name of ['blimp', 'blimp:anaphor_gender_agreement']) {
    const { code, stdout } = await tasks('--data', at('data'), '--task', name)
    expect(code).toBe(0)
    expect(stdout).toMatch(/blimp: form pair, sequence_logprob\n. anaphor_gender_agreement +2 /)
  }
})

describe('refused before a model is opened', () => {
  const cases: readonly [what: string, args: string[], code: number, says: RegExp][] = [
    ['an unknown task', ['--task', 'iio'], 2, /no task "iio".*nearest.*ioi/],
    ['a file that is not there', ['--task', at('kite.json')], 65, /kite\.json/],
    ['a folder without data sets', ['--data', folder], 2, /holds no data set/],
    ['--n 0', ['--n', '0'], 2, /--n is "0"/],
  ]
  test.each(cases)('%s', async (_, args, code, says) => {
    const ended = await run(['tasks', M, ...args])
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(SENTENCE)
    expect(ended.stderr).toMatch(says)
  })
})
