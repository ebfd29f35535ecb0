import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { run, start, temporaryFolder } from './support.ts'

const folder = temporaryFolder()
const files = (path: string): string[] =>
  readdirSync(path, { recursive: true })
    .map(String)
    .filter(name => statSync(join(path, name)).isFile())

/** A home where every place that a program might write to is empty and its own. */
function emptyHome(name: string): { home: string; cache: string; env: NodeJS.ProcessEnv } {
  const home = join(folder, name)
  const cache = join(folder, `${name}-cache`)
  for (const part of ['', 'tmp', 'config', 'cache', 'data', 'state']) mkdirSync(join(home, part), { recursive: true })
  mkdirSync(cache, { recursive: true })
  const env = {
    HOME: home,
    USERPROFILE: home,
    TMPDIR: join(home, 'tmp'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    HEADWISE_CACHE: cache,
  }
  return { home, cache, env }
}

const noNetwork = `--import ${pathToFileURL(join(import.meta.dirname, 'no-network.mjs')).href}`
const commands = [
  ['run', 'specimen', 'Tom gave a coin to', '--json'],
  ['generate', 'specimen', 'Tom gave', '--max-tokens', '3', '--json'],
  ['scores', 'specimen', '--detector', 'sink', '--json'],
  ['ablate', 'specimen', 'Tom gave a coin to Mary', '--json'],
  ['models', '--json'],
  ['cache', '--json'],
  ['doctor', '--json'],
  ['show', 'specimen', '--json'],
  ['scale', 'specimen', 'Tom gave a coin to Mary', '--heads', '6.5', '--json'],
]
/** Commands that read and write what they are told to, in this order. */
const withFiles = (out: string) => [
  ['scores', 'specimen', '--detector', 'sink', '--json', '--out', join(out, 'scores.json')],
  ['rerun', join(out, 'scores.json'), '--json'],
  ['scores', 'specimen', '--detector', 'sink', '--json', '--out', join(out, 'scores.svg')],
  ['run', 'specimen', 'Tom gave', '--json', '--capture', 'z', '--out', join(out, 'z.safetensors')],
  ['export', 'specimen', '--json', '--out', join(out, 'm.onnx')],
  ['ablate', 'specimen', 'Tom gave a coin', '--json', '--run', join(out, 'run'), '--workers', '2'],
]

describe('every command touches no network and writes only into its own cache', () => {
  const { home, cache, env } = emptyHome('quiet')
  test.each(commands.map(c => [c[0]!, c] as const))('%s', async (_name, args) => {
    const { code, stdout, stderr } = await run(args, { env: { ...env, NODE_OPTIONS: noNetwork }, cwd: home })
    expect({ code, stderr: stderr.replace(/^The weights .*\n/, '') }).toEqual({ code: 0, stderr: '' })
    expect(() => JSON.parse(stdout)).not.toThrow()
    expect(files(home)).toEqual([])
    expect(files(cache).filter(f => !/^(known|weights)\//.test(f))).toEqual([])
  })

  test('with --out and --run: only what is named there', async () => {
    const out = join(folder, 'quiet-out')
    mkdirSync(out)
    for (const args of withFiles(out)) {
      const { code, stdout, stderr } = await run(args, { env: { ...env, NODE_OPTIONS: noNetwork }, cwd: home })
      expect({ args, code, stderr: stderr.replace(/^(The weights|Written:) .*\n/gm, '') }).toEqual({
        args,
        code: 0,
        stderr: '',
      })
      expect(() => JSON.parse(stdout)).not.toThrow()
    }
    expect(files(home)).toEqual([])
    expect(files(cache).filter(f => !/^(known|weights)\//.test(f))).toEqual([])
    expect(readdirSync(out).sort()).toEqual(['m.onnx', 'run', 'scores.json', 'scores.svg', 'z.safetensors'])
    const parts = readdirSync(join(out, 'run'))
    expect(parts).toContain('manifest.json')
    expect(parts.filter(f => !/^(manifest\.json|part-\d+\.parquet)$/.test(f))).toEqual([])
  })

  test('a program that does open a connection is caught by this test', async () => {
    const { code } = await run(['--version'], { env: { ...env, NODE_OPTIONS: `${noNetwork}?try` } })
    expect(code).toBe(99)
  })
})

describe('an interrupt ends with exit 130 and leaves nothing half-written', () => {
  const { cache, env } = emptyHome('stopped')
  const out = join(folder, 'out')
  mkdirSync(out)
  const text = 'Once there was a girl named Clara who had a red kite. '.repeat(35)

  const interrupted = { code: 130, stderr: expect.stringMatching(/headwise: The work was interrupted\.\n$/) }

  test('while weights are converted', async () => {
    const command = start(['run', 'specimen', 'Hello', '--json'], { env })
    await command.seen('stderr', /converted to float32/)
    command.kill('SIGINT')
    const ended = await command.ended
    // Either it came in time, or the work was done already; a part of it never stays.
    expect(ended).toMatchObject(ended.code === 0 ? {} : { ...interrupted, stdout: '' })
    expect(files(cache).filter(f => !/^known\/|^weights\/[0-9a-f]{64}\/model\.safetensors$/.test(f))).toEqual([])
  })

  test('while it waits for text', async () => {
    const command = start(['run', 'specimen'], { env, waiting: true })
    await wait(1000)
    command.kill('SIGINT')
    expect(await command.ended).toMatchObject({ ...interrupted, stdout: '' })
  })

  test('while text is generated', async () => {
    const args = ['generate', 'specimen', 'Once upon a time', '--max-tokens', '480', '--ignore-eos']
    const command = start([...args, '--out', join(out, 'text.json')], { env })
    await command.seen('stdout', /\w/)
    command.kill('SIGINT')
    expect(await command.ended).toMatchObject(interrupted)
    expect(readdirSync(out)).toEqual([])
  })

  test('while captures are written', async () => {
    const command = start(
      ['run', 'specimen', text, '--capture', 'pattern,scores,z', '--out', join(out, 'x.safetensors')],
      { env },
    )
    while (readdirSync(out).length === 0) await wait(5)
    command.kill('SIGINT')
    expect(await command.ended).toMatchObject(interrupted)
    expect(readdirSync(out)).toEqual([])
  })

  test('while heads are removed', async () => {
    const command = start(['ablate', 'specimen', text, '--json', '--out', join(out, 'map.json')], {
      env: emptyHome('removing').env,
    })
    // The note comes before the weights are ready; a while later the first heads are at work.
    await command.seen('stderr', /converted to float32/)
    await wait(700)
    command.kill('SIGINT')
    expect(await command.ended).toMatchObject({ ...interrupted, stdout: '' })
    expect(readdirSync(out)).toEqual([])
  })
})

test('a reader that closes the pipe early is no failure', async () => {
  const { env } = emptyHome('piped')
  const { execFile } = await import('node:child_process')
  const main = join(import.meta.dirname, '../../dist/cli/main.js')
  const code = await new Promise(resolve => {
    const shell = `set -o pipefail; "${process.execPath}" "${main}" run specimen Hello --print-graph | head -1 > /dev/null`
    execFile('bash', ['-c', shell], { env: { ...process.env, ...env } }, error => resolve(error?.code ?? 0))
  })
  expect(code).toBe(0)
})
