import type { Context, Define } from './context.ts'
import { openModel } from './model.ts'
import { wholeNumber } from './options.ts'

interface Options {
  readonly queue: string
  readonly workers?: number
  readonly acceptNonFinite?: boolean
}

const HELP = `
Takes parts of long jobs (those started with --queue) from a queue and computes
them with the models given here, found by the hash of their weights. Runs until
it is interrupted; the parts that it is at are finished first.

  headwise worker specimen --queue postgres://user:password@localhost/jobs
  headwise ablate specimen "Tom saw a cat." --queue postgres://…/jobs --run job`

export const worker: Define = (command, context) =>
  command
    .usage('MODEL… --queue URL [OPTIONS]')
    .argument('<models...>', 'specimen, folders, or .gguf or .safetensors files')
    .requiredOption('--queue <url>', 'redis://HOST:PORT or postgres://USER:PASSWORD@HOST:PORT/DATABASE')
    .option(
      '--workers <n>',
      'parts computed at once for each model, one thread each (default 1)',
      wholeNumber('--workers', { from: 1, to: 1024 }),
    )
    .option('--accept-non-finite', 'load weights that hold NaN or infinities')
    .addHelpText('after', HELP)
    .action((models: readonly string[], o: Options) => act(models, o, context))

async function act(models: readonly string[], o: Options, context: Context): Promise<void> {
  const { queueAddress } = await import('../jobs/bullmq.ts')
  queueAddress(o.queue)
  const { workQueue } = await import('../jobs/queue-worker.ts')
  const { HOST_ENTRY } = await import('../library/job.ts')
  const { version } = await import('../library/version.ts')
  const { queue, workers = 1, acceptNonFinite } = o
  const found: { hash: string; path: string }[] = []
  for (const path of models) {
    await using m = await openModel(path, { threads: 1, ...(acceptNonFinite && { acceptNonFinite }) }, context)
    found.push({ hash: m.engine.weights.hash, path })
  }
  const { signal, note } = context
  await workQueue({ queue, entry: HOST_ENTRY, models: found, version, workers, acceptNonFinite, signal, note })
}
