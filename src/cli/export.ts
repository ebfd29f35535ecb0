import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemFault } from '../checkpoint/files.ts'
import type { Headwise } from '../library/headwise.ts'
import { toJson } from '../results/json.ts'
import { checkOut, writeWhole } from '../results/write.ts'
import { throwIfAborted } from '../words/error.ts'
import type { Context, Define } from './context.ts'
import { readEdits, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import { type ModelOptions, type OutputOptions, withEdits, withModelOptions, withOutputOptions } from './options.ts'
import { bytes } from './terminal/units.ts'

interface Options extends ModelOptions, OutputOptions {
  readonly edit?: string
}

const HELP = `
Standard ONNX operators only; input ids int32 [batch, time], output logits.
Large weights go into FILE.onnx.data beside it.

  headwise export specimen --edit edits.json --out specimen.onnx`

export const exportCommand: Define = (command, context) => {
  const base = command
    .usage('MODEL --out FILE.onnx [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
  return withModelOptions(withOutputOptions(withEdits(base), '.onnx'))
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))
}

async function act(model: string, o: Options, context: Context): Promise<void> {
  if (o.out === undefined) throw wrongInput('export needs --out FILE.onnx.', '--out', 'nothing', '--out FILE.onnx')
  const force = o.force ?? false
  await checkOut(o.out, { force, kinds: ['.onnx'] })
  const data = `${o.out}.data`
  await checkOut(data, { force, kinds: ['.data'] })
  const { edits, folder } = o.edit === undefined ? { edits: [], folder: '.' } : await readEdits(o.edit)
  await using m = await openModel(model, o, context)
  const exported = await m.export(edits, { data: basename(data), folder })
  const besides = exported.beside.length > 0 ? await writeWeights(m, exported.beside, data, context) : 0
  writeWhole(o.out, exported.model, { force })
  const files = [o.out, ...(besides > 0 ? [data] : [])]
  const size = exported.model.length + besides
  if (o.json) context.print(toJson({ files, bytes: size, edits: edits.length }))
  else context.print(`${files.join(' and ')}: ${bytes(size)}\n`)
}

/** Writes weights one after the other into a file that gets its name when it is complete; gives its size. */
async function writeWeights(
  m: Headwise,
  names: readonly string[],
  path: string,
  { signal, progress }: Context,
): Promise<number> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}.part`)
  const drop = (): void => rmSync(temporary, { force: true })
  process.once('exit', drop)
  let size = 0
  try {
    const file = await open(temporary, 'wx')
    try {
      for (const [i, name] of names.entries()) {
        throwIfAborted(signal)
        const values = m.engine.weights.read(name)
        await file.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
        size += values.byteLength
        progress({ what: 'weights', done: i + 1, total: names.length })
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    return size
  } catch (error) {
    throw systemFault(error, path, 'writing it')
  } finally {
    drop()
    process.off('exit', drop)
  }
}
