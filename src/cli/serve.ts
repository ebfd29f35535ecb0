import { spawn } from 'node:child_process'
import { extname } from 'node:path'
import type { ServedModel } from '../server/engines.ts'
import type { Context, Define } from './context.ts'
import { modelName } from './model.ts'
import { type ModelOptions, wholeNumber, withModelOptions } from './options.ts'

interface Options extends ModelOptions {
  readonly host?: string
  readonly port?: number
  readonly open?: boolean
}

const HELP = `
Opens the workbench in the browser. It listens on this machine only; with
--host it can be reached from others, who need the token in the address.
Pages and requests can ask for the models named here and for nothing else.

  headwise serve specimen --port 8017`

export const serve: Define = (command, context) =>
  withModelOptions(
    command
      .usage('[MODEL…] [OPTIONS]')
      .argument('[models...]', 'what can be looked at; default specimen')
      .option('--host <address>', 'where to listen (default 127.0.0.1)')
      .option('--port <n>', 'default 8017, or a free one', wholeNumber('--port', { from: 0, to: 65_535 }))
      .option('--no-open', 'do not open a browser'),
  )
    .addHelpText('after', HELP)
    .action((models: string[], o: Options) => workbench(models.length > 0 ? models : ['specimen'], o, context))

/** Models by the name that people would say, or as they were given where two would be called the same. */
function named(references: readonly string[]): [ServedModel, ...ServedModel[]] {
  const short = references.map(modelName)
  const models = [...new Set(references)].map(reference => {
    const name = modelName(reference)
    return { reference, name: short.filter(s => s === name).length > 1 ? reference : name }
  })
  return models as [ServedModel, ...ServedModel[]]
}

/** Serves until it is told to stop. */
export async function workbench(references: readonly string[], o: Options, context: Context): Promise<void> {
  const { serve: start } = await import('../server/server.ts')
  const { host, port, open, ...options } = o
  // Two copies of this module exist, the compiled one and the joined one: both lie one folder below the package's root.
  const beside = (path: string) => new URL(path, import.meta.url)
  await using server = await start({
    models: named(references),
    options,
    entry: beside(`../server/engine-process${extname(import.meta.url)}`),
    app: beside('../app'),
    note: context.note,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
  })
  context.print(`${server.url}\n`)
  context.note('The workbench is open at this address; Ctrl-C stops it.')
  if (open !== false && process.stdout.isTTY) openBrowser(server.url)
  await new Promise<void>(resolve => {
    if (context.signal.aborted) resolve()
    context.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Asks the desktop to show an address; where there is none, the printed address is enough. */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['explorer.exe'] : ['xdg-open']
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return
  const child = spawn(program!, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
