import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileNameFault } from '../checkpoint/folder-member.ts'
import type { Headwise } from '../library/headwise.ts'
import { toJson } from '../results/json.ts'
import { checkOut, writeWhole } from '../results/write.ts'
import { printable, throwIfAborted } from '../words/error.ts'
import type { Context, Define } from './context.ts'
import { readEdits, wrongInput } from './input.ts'
import { openModel } from './model.ts'
import { type ModelOptions, type OutputOptions, withEdits, withModelOptions, withOutputOptions } from './options.ts'
import { writeStaged } from './staged-model.ts'
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
  const out = o.out
  const data = `${out}.data`
  const force = o.force ?? false
  await checkOut(out, { force, kinds: ['.onnx'] })
  await checkOut(data, { force, kinds: ['.data'] })
  // The model names the file beside it, and whoever reads the model applies the rules of every system to that name.
  const fault = fileNameFault(basename(data))
  if (fault !== undefined)
    throw wrongInput(`The output ${out} ${fault}; give another name.`, '--out', out, 'a name that every system allows')
  const { edits, folder } = o.edit === undefined ? { edits: [], folder: '.' } : await readEdits(o.edit)
  await using m = await openModel(model, o, context)
  const exported = await m.export(edits, { data: basename(data), folder })
  const beside = exported.beside.length > 0 ? [data] : []
  const size = await writeStaged(out, beside, { force }, async stage => {
    const besides = beside.length > 0 ? await writeWeights(m, exported.beside, stage(data), context) : 0
    writeWhole(stage(out), exported.model)
    return exported.model.length + besides
  })
  const files = [out, ...beside]
  if (o.json) context.print(toJson({ files, bytes: size, edits: edits.length }))
  else context.print(`${files.map(f => printable(f)).join(' and ')}: ${bytes(size)}\n`)
}

/** Writes weights one after the other into a new file; gives its size. */
async function writeWeights(
  m: Headwise,
  names: readonly string[],
  path: string,
  { signal, progress }: Context,
): Promise<number> {
  let size = 0
  const file = await open(path, 'wx')
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
  return size
}
