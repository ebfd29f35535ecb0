import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, extname, join, normalize } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, type BrowserContext, chromium as playwright } from 'playwright-core'
import type { NDArray } from '../../src/words/arrays.ts'
import type { Plain } from './fixture/direct.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
}

export interface Site extends AsyncDisposable {
  /** With a slash at the end. */
  readonly address: string
  /** Paths asked for, in order. */
  readonly requests: readonly string[]
}

export interface SiteOptions {
  /** Send the two headers that make a page cross-origin isolated. */
  readonly isolated?: boolean
  /** The folder under which the site appears; default the root. */
  readonly under?: string
  /** Answers in place of a file: other bytes, a status, or a connection that breaks in the middle. */
  readonly instead?: (path: string) => Uint8Array | number | 'broken' | undefined
}

/** Hands out the files of a folder, as the simplest static host would. */
export async function serve(folder: string, o: SiteOptions = {}): Promise<Site> {
  const under = o.under ?? '/'
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    requests.push(path)
    const name = normalize(path.startsWith(under) ? path.slice(under.length) : '../').replace(/^\/|^\.$/, '')
    const file = join(folder, name === '' || name === './' ? 'index.html' : name)
    const isolation = o.isolated
      ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
      : {}
    const headers = { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', ...isolation }
    const other = o.instead?.(path)
    if (other === 'broken') {
      response.writeHead(200, { ...headers, 'Content-Length': 1e6 }).write('half')
      setTimeout(() => response.destroy(), 50)
    } else if (typeof other === 'number') response.writeHead(other).end()
    else if (other) response.writeHead(200, headers).end(other)
    else if (!file.startsWith(folder) || !statSync(file, { throwIfNoEntry: false })?.isFile())
      response.writeHead(404).end()
    else createReadStream(file).pipe(response.writeHead(200, headers))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}${under}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** WebGPU computes in software here, so that it needs no graphics card. */
const ARGUMENTS = ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']

/** A real Chromium, the same on every machine; `args` only where it is to be another. */
export const launch = async (args: readonly string[] = ARGUMENTS): Promise<Browser> =>
  await playwright.launch({ executablePath: await chromium.executablePath(), args: [...args] })

/** Errors of pages: exceptions, failed requests, complaints on the console. A test that expects none looks at its end. */
export function complaints(context: BrowserContext): string[] {
  const all: string[] = []
  context.on('weberror', e => all.push(e.error().message))
  context.on('console', m => {
    if (m.type() === 'error' || m.type() === 'warning') all.push(m.text())
  })
  context.on('requestfailed', r => all.push(`${r.url()}: ${r.failure()?.errorText}`))
  return all
}

const ARRAYS = { f32: Float32Array, i32: Int32Array, bool: Uint8Array }

/** An array that came out of a page as plain numbers. */
export const arrayOf = ({ dtype, shape, data }: Plain): NDArray =>
  ({ dtype, shape, data: new ARRAYS[dtype](data) }) as NDArray

/** The environment in which Vulkan is computed in software, by the driver that comes with Chromium (Linux only). */
export async function softwareVulkan(): Promise<NodeJS.ProcessEnv> {
  const folder = dirname(await chromium.executablePath())
  return { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json') }
}
