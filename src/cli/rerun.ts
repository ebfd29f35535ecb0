import { dirname } from 'node:path'
import { rerun as rerunResult } from '../library/rerun.ts'
import { toJson } from '../results/json.ts'
import { readResultFile } from '../results/read.ts'
import { type Context, type Define, failed } from './context.ts'
import { wholeNumber } from './options.ts'
import { number } from './terminal/units.ts'

interface Options {
  readonly model?: string
  readonly folder?: string
  readonly threads?: number
  readonly json?: boolean
}

const HELP = `
The model's hash must be that of the result. Exit 0 when every number is
within the stated tolerance, 1 when one is not.

  headwise ablate specimen "Tom saw a cat. The cat saw Tom." --out map.json
  headwise rerun map.json`

export const rerun: Define = (command, context) =>
  command
    .usage('RESULT.json [OPTIONS]')
    .argument('<result>', 'a .json file that --out or --json wrote')
    .option('--model <path>', 'where the model lies now, when it has moved')
    .option('--folder <dir>', 'where the files of its edits lie (default: beside the result)')
    .option(
      '--threads <n>',
      'cores for one operation (default: as in the result)',
      wholeNumber('--threads', { from: 1, to: 1024 }),
    )
    .option('--json', 'one JSON document on stdout: the new result and the differences')
    .addHelpText('after', HELP)
    .action((file: string, o: Options) => act(file, o, context))

async function act(file: string, o: Options, context: Context): Promise<void> {
  const before = readResultFile(file)
  const { document, largest, tolerance, where } = await rerunResult(before, {
    ...(o.model !== undefined && { model: o.model }),
    folder: o.folder ?? dirname(file),
    ...(o.threads !== undefined && { threads: o.threads }),
    note: context.note,
    signal: context.signal,
    onProgress: context.progress,
  })
  const holds = largest <= tolerance
  const sentence = `The largest difference is ${number(largest)}${where && ` at ${where}`}; the tolerance is ${number(tolerance)}.`
  if (!holds) throw failed(`${file}: not reproduced. ${sentence}`, 'rerun', largest, tolerance)
  context.print(o.json ? toJson({ document, largest, tolerance, where }) : `Reproduced. ${sentence}\n`)
}
