import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, SENTENCE, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const at = (name: string): string => join(folder, name)
mkdirSync(at('a-folder'))
writeFileSync(at('there.json'), '{}')
writeFileSync(at('ids.json'), '[0, 5, 6]')
writeFileSync(at('lists.json'), '[[0, 5], [0, 6]]')
symlinkSync(at('ids.json'), at('link.json'))

/** A model that does not exist: a refusal that does not speak of it came before any model was looked for. */
const M = at('no-such-model.gguf')

const wrong: readonly [what: string, args: string[], says: RegExp][] = [
  ['no model', ['run'], /'model'/],
  ['an unknown command', ['rnu'], /"rnu".*nearest: run/],
  ['an unknown option', ['run', M, 'x', '--tokns', 'f'], /--tokns.*nearest: --tokens/],
  ['too many arguments', ['run', M, 'x', 'y'], /Too many arguments/],
  ['an option without its value', ['run', M, 'x', '--threads'], /--threads <n>.*missing/],
  ['--threads 0', ['run', M, 'x', '--threads', '0'], /--threads is "0".*1 to 1024/],
  ['--threads 1e2', ['run', M, 'x', '--threads', '1e2'], /--threads is "1e2"/],
  ['--seed 1.5', ['scores', M, '--seed', '1.5'], /--seed is "1\.5".*whole number/],
  ['--seed -1', ['scores', M, '--seed', '-1'], /--seed is "-1"/],
  ['--budget none', ['run', M, 'x', '--budget', 'none'], /--budget is "none".*4G/],
  ['--device cup', ['run', M, 'x', '--device', 'cup'], /"cup".*nearest is cpu/],
  ['--temperature -1', ['generate', M, 'x', '--temperature', '-1'], /--temperature is "-1"/],
  ['--temperature hot', ['generate', M, 'x', '--temperature', 'hot'], /--temperature is "hot"/],
  ['--temperature NaN', ['generate', M, 'x', '--temperature', 'NaN'], /--temperature is "NaN"/],
  ['--top-p 0', ['generate', M, 'x', '--top-p', '0'], /--top-p is "0".*above 0/],
  ['--top-k 0', ['generate', M, 'x', '--top-k', '0'], /--top-k is "0"/],
  ['--max-tokens 0', ['generate', M, 'x', '--max-tokens', '0'], /--max-tokens is "0"/],
  ['--max-tokens 1e9', ['generate', M, 'x', '--max-tokens', '1000000000'], /--max-tokens/],
  ['an empty --stop', ['generate', M, 'x', '--stop', ''], /--stop is empty/],
  ['several prompts to generate', ['generate', M, '--tokens', at('lists.json')], /one prompt/],
  ['--mode zro', ['ablate', M, 'x', '--mode', 'zro'], /"zro".*nearest is zero/],
  ['--mode resample', ['ablate', M, 'x', '--mode', 'resample'], /resample.*task of two or more/],
  ['--reference without mean', ['ablate', M, 'x', '--reference', 'self'], /--mode mean/],
  ['a head without its layer', ['ablate', M, 'x', '--heads', '12'], /--heads holds "12".*6\.5,6\.1/],
  ['a head with a sign', ['ablate', M, 'x', '--heads', '-1.0'], /holds "-1\.0"/],
  ['a head of three numbers', ['scale', M, 'x', '--heads', '6.5,0.5.1'], /holds "0\.5\.1"/],
  ['a head with a leading zero', ['scale', M, 'x', '--heads', '6.05'], /holds "6\.05"/],
  ['--control without heads', ['ablate', M, 'x', '--control'], /--heads/],
  ['scaling without heads', ['scale', M, 'x'], /--heads <list>.*not specified/],
  ['--steps 0', ['scale', M, 'x', '--heads', '6.5', '--steps', '0'], /--steps is "0"/],
  ['--from hot', ['scale', M, 'x', '--heads', '6.5', '--from', 'hot'], /--from is "hot"/],
  ['patching at an unknown site', ['patch', M, '--task', 'ioi', '--site', 'zz'], /"zz".*nearest is z/],
  ['patching without a site', ['patch', M, '--task', 'ioi'], /--site <name>.*not specified/],
  ['patching without a task', ['patch', M, '--site', 'z'], /give --task/],
  ['an unknown task', ['patch', M, '--task', 'iio', '--site', 'z'], /"iio".*nearest is ioi/],
  ['an unknown direction', ['patch', M, '--task', 'ioi', '--site', 'z', '--direction', 'up'], /--direction is "up"/],
  ['positions with a sign', ['knockout', M, 'x', '--keys', '-1'], /--keys is "-1".*all, first, last/],
  ['a range backwards', ['knockout', M, 'x', '--keys', '6-3'], /--keys is "6-3"/],
  ['an empty piece of text', ['knockout', M, 'x', '--keys', 'text:'], /--keys is "text:"/],
  ['knockout without keys', ['knockout', M, 'x'], /give --keys POSITIONS, or --by key/],
  [
    '--by key with --keys',
    ['knockout', M, 'x', '--by', 'key', '--keys', '1'],
    /--by key and --keys exclude each other/,
  ],
  [
    'edits in force layer by layer',
    ['knockout', M, 'x', '--keys', '1', '--edit', 'x.json'],
    /--by layer and --edit exclude each other/,
  ],
  ['--window 0', ['knockout', M, 'x', '--keys', 'first', '--window', '0'], /--window is "0"/],
  ['self-repair without a task', ['self-repair', M], /give --task/],
  ['an unknown detector', ['scores', M, '--detector', 'inductoin'], /"inductoin".*nearest is induction/],
  ['an empty detector', ['scores', M, '--detector', 'sink,'], /names between commas/],
  ['an unknown site', ['run', M, 'x', '--capture', 'zz', '--out', at('x.safetensors')], /"zz".*nearest is z/],
  ['--capture without a file', ['run', M, 'x', '--capture', 'z'], /--capture needs --out/],
  ['--capture into .json', ['run', M, 'x', '--capture', 'z', '--out', at('x.json')], /--capture needs --out/],
  ['--print-graph=dt', ['run', M, 'x', '--print-graph=dt'], /"dt".*nearest is dot/],
  ['--out to a folder', ['run', M, 'x', '--out', at('a-folder')], /is a folder/],
  ['--out with a slash at its end', ['run', M, 'x', '--out', at('x.json/')], /x\.json\/ names a folder/],
  ['--out into a missing folder', ['run', M, 'x', '--out', at('no/x.json')], /not a folder; make it first/],
  ['--out to a link', ['run', M, 'x', '--out', at('link.json'), '--force'], /is a link/],
  ['--out to an existing file', ['run', M, 'x', '--out', at('there.json')], /exists already.*--force/],
  ['--out without a suffix', ['run', M, 'x', '--out', at('x')], /no suffix; allowed: \.json, \.csv, \.safetensors/],
  ['--out with an unknown suffix', ['scores', M, '--out', at('x.xlsx')], /ends in \.xlsx; allowed/],
  ['a generation as .csv', ['generate', M, 'x', '--out', at('x.csv')], /ends in \.csv; allowed: \.json/],
  ['export without --out', ['export', M], /--out FILE\.onnx/],
  ['export as .json', ['export', M, '--out', at('x.json')], /allowed: \.onnx/],
  ['text and --tokens', ['run', M, 'x', '--tokens', at('ids.json')], /TEXT and --tokens exclude/],
  ['--chat and --tokens', ['run', M, '--chat', '--tokens', at('ids.json')], /--chat and --tokens exclude/],
  ['text and --task', ['ablate', M, 'x', '--task', at('ids.json')], /TEXT and --task exclude/],
  ['--tokens and --task', ['ablate', M, '--tokens', at('ids.json'), '--task', at('ids.json')], /exclude each other/],
  ['--explain and --out', ['ablate', M, 'x', '--explain', '--out', at('x.json')], /exclude each other/],
  ['an unknown benchmark', ['bench', 'load2', M], /"load2".*nearest is load/],
  ['half of what the peers need', ['bench', 'forward', M, '--python', 'p'], /--python and --folder/],
  ['ids for the wrong benchmark', ['bench', 'forward', M, '--tokens', at('ids.json')], /bench ablate/],
  ['empty standard input', ['run', M], /standard input was empty/],
  ['a model that is not there', ['run', M, 'x'], /no-such-model\.gguf/],
  ['a hub id', ['run', 'org/name', 'x'], /hf download org\/name/],
  ['clear without saying what', ['cache', 'clear'], /HASH.*--all/],
  ['clear of an unknown hash', ['cache', 'clear', 'abcd1234'], /No entry begins with "abcd1234"/],
  ['clear of a hash and all', ['cache', 'clear', 'abcd1234', '--all'], /exclude each other/],
  ['an unknown cache action', ['cache', 'lst'], /"lst".*nearest is list/],
]

describe('wrong usage ends with exit 2, one sentence, and nothing on stdout', () => {
  test.each(wrong)('%s', async (_what, args, says) => {
    const { code, stdout, stderr } = await run(args, { env: { HEADWISE_CACHE: at('cache') } })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(SENTENCE)
    expect(stderr).toMatch(says)
  })

  test('leaves no file behind', () => {
    expect(
      readdirSync(folder)
        .filter(n => n !== 'cache')
        .sort(),
    ).toEqual(['a-folder', 'ids.json', 'link.json', 'lists.json', 'there.json'])
  })
})

const data: readonly [what: string, content: string | Buffer, says: RegExp][] = [
  ['a negative id', '[0, -1]', /tokens\[1\] is -1/],
  ['a fraction', '[1.5]', /tokens\[0\] is 1\.5/],
  ['a huge id', '[1e20]', /tokens\[0\] is 1\d+/],
  ['a text', '["5"]', /tokens\[0\] is "5"/],
  ['null', '[null]', /tokens\[0\] is null/],
  ['an empty list', '[]', /an empty list/],
  ['an empty inner list', '[[0], []]', /tokens\[1\] is an empty list/],
  ['ragged depth', '[[0], 1]', /tokens\[1\] is 1/],
  ['ragged depth the other way', '[0, [1]]', /tokens\[1\] is \[1\]/],
  ['an object', '{"0": 1}', /tokens is an object/],
  ['cut JSON', '[0, 1', /not valid JSON/],
  ['not UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), /UTF-8/],
  ['an id at the size of the vocabulary', '[0, 4096]', /tokens\[1\] is 4096.*0 to 4095/],
]

describe('what only the model can tell is wrong usage all the same', () => {
  const cases: readonly [what: string, args: string[], says: RegExp][] = [
    [
      'a layer beyond the last',
      ['ablate', 'specimen', 'x', '--heads', '8.0'],
      /Head 8\.0 does not exist.*layers 0 to 7/,
    ],
    [
      'a head beyond the last',
      ['ablate', 'specimen', 'x', '--heads', '0.99'],
      /Head 0\.99 does not exist.*heads 0 to 7/,
    ],
    [
      'a position beyond the text',
      ['knockout', 'specimen', 'Tom saw', '--keys', '9'],
      /position 9 is outside its \d tokens/,
    ],
    [
      'a text that stands twice',
      ['knockout', 'specimen', 'Tom, Tom', '--keys', 'text:Tom'],
      /"Tom" stands in more than/,
    ],
    ['a text that is not there', ['knockout', 'specimen', 'Tom saw', '--keys', 'text:Ben'], /"Ben"/],
  ]
  test.each(cases)('%s', async (_what, args, says) => {
    const { code, stdout, stderr } = await run(args, { env: { HEADWISE_CACHE: at('cache') } })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(says)
  })
})

describe('a bad --tokens file ends with exit 65 and names file and place', () => {
  test.each(data)('%s', async (_what, content, says) => {
    writeFileSync(at('bad.json'), content)
    const args = ['run', 'specimen', '--tokens', at('bad.json'), '--json']
    const { code, stdout, stderr } = await run(args, { env: { HEADWISE_CACHE: at('cache') } })
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' })
    expect(
      stderr
        .split('\n')
        .filter(l => !l.startsWith('The weights'))
        .join('\n'),
    ).toMatch(SENTENCE)
    expect(stderr).toContain('bad.json')
    expect(stderr).toMatch(says)
  })

  test('also where a mean is taken over it', async () => {
    writeFileSync(at('bad.json'), '[[0, 4096]]')
    const args = ['ablate', 'specimen', 'Tom saw', '--mode', 'mean', '--heads', '6.5', '--reference']
    const env = { HEADWISE_CACHE: at('cache') }
    const { code, stderr } = await run([...args, at('bad.json')], { env })
    expect(code).toBe(65)
    expect(stderr).toMatch(/bad\.json: tokens\[0\]\[1\] is 4096.*0 to 4095/)
    expect((await run([...args, at('lists.json')], { env })).code).toBe(0)
  })

  test('the healthy twins run', async () => {
    const env = { HEADWISE_CACHE: at('cache') }
    expect((await run(['run', 'specimen', '--tokens', at('ids.json'), '--json'], { env })).code).toBe(0)
    expect((await run(['run', 'specimen', '--tokens', at('lists.json'), '--json'], { env })).code).toBe(0)
  })
})

// Without a driver for Vulkan there is no GPU on Linux, whatever the machine has.
test.runIf(process.platform === 'linux')('a device that is not there is refused before weights are read', async () => {
  const env = { HEADWISE_CACHE: at('unused'), VK_ICD_FILENAMES: at('none'), VK_DRIVER_FILES: at('none') }
  const { code, stdout, stderr } = await run(['run', 'specimen', 'Hello', '--device', 'webgpu', '--json'], { env })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(SENTENCE)
  expect(stderr).toMatch(/WebGPU cannot be used here/)
  expect(existsSync(at('unused'))).toBe(false)
  expect((await run(['run', 'specimen', 'Hello', '--device', 'cpu', '--json'], { env })).code).toBe(0)
  rmSync(at('unused'), { recursive: true })
})

test('text on standard input that is not UTF-8 is refused, its twin runs', async () => {
  const env = { HEADWISE_CACHE: at('cache') }
  const bad = await run(['run', 'specimen', '--json'], { env, input: Buffer.from([0x48, 0xc3, 0x28]) })
  expect(bad).toMatchObject({ code: 65, stdout: '' })
  expect(bad.stderr).toMatch(/stdin: the text is not valid UTF-8/)
  const good = await run(['run', 'specimen', '-', '--json'], { env, input: 'Héllo\n' })
  const typed = await run(['run', 'specimen', 'Héllo', '--json'], { env })
  expect(good.code).toBe(0)
  expect(JSON.parse(good.stdout).tokens).toEqual(JSON.parse(typed.stdout).tokens)
})

test('a wrong edits file ends with exit 65 or 2 and names the place', async () => {
  const env = { HEADWISE_CACHE: at('cache') }
  const edit = (text: string) => {
    writeFileSync(at('edits.json'), text)
    return run(['run', 'specimen', 'Hello', '--edit', at('edits.json'), '--json'], { env })
  }
  expect(await edit('[{"do":"zero","at":{"site":"z","layer":6},"heads":[5],"heds":[1]}]')).toMatchObject({
    code: 65,
    stdout: '',
  })
  expect(await edit('[{"do":"zero","at":{"site":"zz","layer":6}}]')).toMatchObject({ code: 2, stdout: '' })
  expect(await edit('[{"do":"zero","at":{"site":"z","layer":8}}]')).toMatchObject({ code: 2, stdout: '' })
  // A file that names itself is followed nowhere.
  const itself = '[{"do":"set","at":{"site":"z","layer":0},"value":{"file":"edits.json","tensor":"z"}}]'
  expect(await edit(itself)).toMatchObject({ code: 65, stdout: '', stderr: expect.stringMatching(/"edits\.json"/) })
  expect(await edit('[{"do":"zero","at":{"site":"z","layer":6},"heads":[5]}]')).toMatchObject({ code: 0 })
})

describe('a wrong task file ends before a model is opened, and names the row', () => {
  const prompt = { text: 'Tom gave a coin to', answers: [' Mary'], distractors: [' Tom'] }
  const task = { name: 'coins', form: 'next', metric: 'logit_diff', prompts: [prompt] }
  const cases: readonly [what: string, task: unknown, code: number, says: RegExp][] = [
    ['no prompts', { ...task, prompts: [] }, 65, /prompts/],
    [
      'an answer among the distractors',
      { ...task, prompts: [{ ...prompt, distractors: [' Mary'] }] },
      65,
      /prompts\[0\]\.distractors/,
    ],
    ['an unknown metric', { ...task, metric: 'logit_dif' }, 2, /logit_dif.*logit_diff/],
    ['an unknown key', { ...task, promts: 1 }, 65, /promts/],
  ]
  test.each(cases)('%s', async (_what, content, code, says) => {
    writeFileSync(at('task.json'), JSON.stringify(content))
    const ended = await run(['ablate', M, '--task', at('task.json'), '--json'])
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(SENTENCE)
    expect(ended.stderr).toMatch(says)
  })

  test('an answer of several tokens is told by its row', async () => {
    writeFileSync(
      at('task.json'),
      JSON.stringify({ ...task, prompts: [{ ...prompt, answers: [' Mary and Tom and Ben'] }] }),
    )
    const { code, stdout, stderr } = await run(['ablate', 'specimen', '--task', at('task.json'), '--json'], {
      env: { HEADWISE_CACHE: at('cache') },
    })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/prompts\[0\]: .* is \d+ tokens, not one/)
  })
})
