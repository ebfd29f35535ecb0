import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headwise-test-'))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'code'), '--noCheck']
  execFileSync(process.execPath, [tsc, ...options], { cwd: root })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs one session where the network throws, says what came out and how many sockets were opened, then does `more`. */
const program = (code: string, more: string) => `
import dns from 'node:dns'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
const refuse = name => () => { throw new Error('network: ' + name) }
net.connect = net.createConnection = net.Socket.prototype.connect = refuse('connect')
dns.lookup = dns.promises.lookup = refuse('lookup')
syncBuiltinESMExports()
const linux = process.platform === 'linux'
const target = fd => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }
const sockets = () => linux ? fs.readdirSync('/proc/self/fd').filter(fd => target(fd).startsWith('socket:')).length : 0

const before = sockets()
const { nodeBackend } = await import('${code}runtime/node.js')
const { graphOf } = await import('${code}graph/graph.js')
const { input } = await import('${code}graph/primitives/leaf.js')
const { exp } = await import('${code}graph/primitives/elementwise.js')
const weights = { hash: '', folder: process.cwd(), names: [], entry: () => undefined, read: () => new Float32Array(0) }
const backend = await nodeBackend(2)
const executable = await backend.compile(graphOf(new Map([['y', exp(input('x', 'f32', [2]))]])), weights)
const { y } = await executable.run({ x: { dtype: 'f32', shape: [2], data: new Float32Array(2) } })
await executable[Symbol.asyncDispose]()
await new Promise(done => setTimeout(done, 300))
${more}
process.stdout.write(JSON.stringify({ y: [...y.data], sockets: sockets() - before }))
`

async function run(more = ''): Promise<{ stdout: string; left: string[] }> {
  const home = mkdtempSync(join(folder, 'home-'))
  const temporary = join(home, 'tmp')
  mkdirSync(temporary)
  const script = `${home}.mjs`
  writeFileSync(script, program(pathToFileURL(join(folder, 'code/')).href, more))
  const homes = ['HOME', 'USERPROFILE', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME']
  const env = { PATH: process.env.PATH, TMPDIR: temporary, ...Object.fromEntries(homes.map(n => [n, home])) }
  const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: home, env })
  return { stdout, left: readdirSync(home, { recursive: true }).map(String) }
}

test('a session leaves no file behind and opens no connection', async () => {
  expect(await run()).toEqual({ stdout: '{"y":[1,1],"sockets":0}', left: ['tmp'] })
})

test('what would write or connect is noticed', async () => {
  expect((await run(`fs.writeFileSync(process.env.HOME + '/device-id', '')`)).left).toContain('device-id')
  await expect(run(`net.connect(80, 'localhost')`)).rejects.toThrow('network: connect')
})
