import { accessSync, constants, statfsSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { cacheLimit, cacheRoot, listCache } from '../checkpoint/cache-folder.ts'
import { makeFolder } from '../checkpoint/files.ts'
import { graphOf } from '../graph/graph.ts'
import { matmul } from '../graph/primitives/contract.ts'
import { input } from '../graph/primitives/leaf.ts'
import { toJson } from '../results/json.ts'
import type { NodeDevice } from '../runtime/node.ts'
import { noWeights } from '../runtime/weights.ts'
import { f32 } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Context, type Define, failed } from './context.ts'
import { bold, inColor, type Rgb, type Style } from './terminal/style.ts'
import { padEnd, widthOf, wrap } from './terminal/text.ts'
import { bytes, count } from './terminal/units.ts'

/** One thing that was looked at. `failed` ones keep headwise from working at all. */
interface Finding {
  readonly what: string
  readonly state: 'good' | 'limited' | 'failed'
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

const HELP = `
Exit 0 when headwise is usable here, 1 when it is not.

  headwise doctor`

export const doctor: Define = (command, context) =>
  command
    .usage('[OPTIONS]')
    .option('--json', 'one JSON document on stdout and nothing else')
    .addHelpText('after', HELP)
    .action((o: { json?: boolean }) => act(o, context))

const OLDEST = [20, 19] as const

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const enough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
  const found = `${process.version} on ${process.platform} ${process.arch}`
  if (enough) return { what: 'Node.js', state: 'good', found }
  return { what: 'Node.js', state: 'failed', found, advice: `install Node.js ${OLDEST.join('.')} or newer` }
}

/** [[1, 2], [3, 4]] times itself, row by row. */
async function square(device: NodeDevice): Promise<string> {
  const { nodeBackend } = await import('../runtime/node.ts')
  await using backend = await nodeBackend(1, device)
  const graph = graphOf(new Map([['y', matmul(input('x', 'f32', [2, 2]), input('x', 'f32', [2, 2]))]]))
  await using product = await backend.compile(graph, noWeights)
  const { y } = await product.run({ x: f32([2, 2], Float32Array.of(1, 2, 3, 4)) })
  return Array.from(y?.data ?? []).join(', ')
}

/** Whether ONNX Runtime loads and multiplies rightly; `otherwise` is what it means when it does not. */
async function computes(
  device: NodeDevice,
  what: string,
  otherwise: Pick<Finding, 'state' | 'advice'>,
): Promise<Finding> {
  try {
    const got = await square(device)
    if (got === '7, 10, 15, 22') return { what, state: 'good', found: 'loads and multiplies matrices rightly' }
    return { what, found: `[[1, 2], [3, 4]] squared gave ${got}`, ...otherwise }
  } catch (error) {
    const found = error instanceof HeadwiseError ? error.found : undefined
    return { what, found: String(found ?? (error instanceof Error ? error.message : error)), ...otherwise }
  }
}

const runtime = (): Promise<Finding> =>
  computes('cpu', 'ONNX Runtime', {
    state: 'failed',
    advice:
      process.platform === 'darwin' && process.arch === 'x64'
        ? 'there is no build for Intel Macs; use --device wasm'
        : 'run npm ci again in the package folder; --device wasm works without it, more slowly',
  })

const webgpu = (): Promise<Finding> =>
  computes('webgpu', 'WebGPU', {
    state: 'limited',
    advice: 'everything runs on the processor; --device webgpu needs a driver for Vulkan, Metal or Direct3D 12',
  })

function processor(): Finding {
  return { what: 'processor', state: 'good', found: count(availableParallelism(), 'core') }
}

const LEAST_MEMORY = 2 ** 30

function memory(): Finding {
  const [free, all] = [freemem(), totalmem()]
  const found = `${bytes(free)} free of ${bytes(all)}`
  if (free >= LEAST_MEMORY) return { what: 'memory', state: 'good', found }
  return { what: 'memory', state: 'limited', found, advice: 'close other programs before opening large models' }
}

function cacheFolder(): Finding {
  const what = 'cache folder'
  const folder = cacheRoot()
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    const used = listCache().reduce((n, e) => n + e.bytes, 0)
    return {
      what,
      state: 'good',
      found: `${folder}: ${bytes(used)} of ${bytes(cacheLimit())}, ${bytes(bavail * bsize)} free on the disk`,
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      what,
      state: 'limited',
      found: why,
      advice: 'set HEADWISE_CACHE to a folder that can be written; .gguf and half-precision models need it',
    }
  }
}

function terminal({ colors, columns }: Style): Finding {
  const shown = colors === 0 ? 'no colours: maps are drawn with digits' : `${colors === 256 ? '256' : 'all'} colours`
  return { what: 'terminal', state: 'good', found: `${columns} columns, ${shown}` }
}

async function act(o: { json?: boolean }, { print, style }: Context): Promise<void> {
  const findings = [
    nodeVersion(),
    await runtime(),
    await webgpu(),
    processor(),
    memory(),
    cacheFolder(),
    terminal(style),
  ]
  const broken = findings.filter(f => f.state === 'failed')
  if (broken.length > 0 && o.json)
    throw failed(
      sentenceOf(broken),
      'doctor',
      broken.map(f => f.found),
      'all good',
    )
  const { version } = await import('../library/version.ts')
  if (o.json) return print(toJson({ version, findings }))
  const width = Math.max(...findings.map(f => widthOf(f.what)))
  print(`${bold(style, `headwise ${version}`)}\n\n${findings.map(f => line(f, width, style)).join('\n')}\n`)
  if (broken.length > 0)
    throw failed(
      sentenceOf(broken),
      'doctor',
      broken.map(f => f.found),
      'all good',
    )
}

const sentenceOf = (broken: readonly Finding[]): string =>
  `headwise cannot work here: ${broken.map(f => `${f.what}: ${f.found} (${f.advice ?? 'see above'})`).join('; ')}.`

const MARKS: Readonly<Record<Finding['state'], readonly [text: string, color: Rgb]>> = {
  good: ['ok ', [60, 180, 90]],
  limited: ['-- ', [220, 160, 30]],
  failed: ['NO ', [220, 60, 60]],
}

function line({ what, state, found, advice }: Finding, width: number, style: Style): string {
  const [mark, color] = MARKS[state]
  const indent = ' '.repeat(width + 7)
  const text = wrap(advice ? `${found}; ${advice}` : found, style.columns, indent).trimStart()
  return `  ${inColor(style, color, mark)}${padEnd(what, width)}  ${text}`
}
