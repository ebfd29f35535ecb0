import { listCache } from '../checkpoint/cache-folder.ts'
import { openModel as openCheckpoint } from '../checkpoint/reference.ts'
import { families, familyOf } from '../models/families/index.ts'
import { toJson } from '../results/json.ts'
import type { Context, Define } from './context.ts'
import { bold } from './terminal/style.ts'
import { table } from './terminal/table.ts'
import { bytes } from './terminal/units.ts'

const HELP = `
  headwise models`

const FORMATS = 'folder (safetensors), .safetensors, .gguf (F32 F16 BF16 Q8_0 Q4_0 Q4_1)'

export const models: Define = (command, context) =>
  command
    .usage('[OPTIONS]')
    .option('--json', 'one JSON document on stdout and nothing else')
    .addHelpText('after', HELP)
    .action((o: { json?: boolean }) => act(o, context))

async function act(o: { json?: boolean }, { print, style }: Context): Promise<void> {
  const source = await openCheckpoint('specimen')
  const { layers, heads, groups, context, vocab } = familyOf(source).config(source)
  const builtIn = [{ model: 'specimen', family: 'llama', layers, heads, groups, context, vocab }]
  const known = families.map(f => ({ family: f.modelType, architectures: f.architectures, gguf: f.ggufArchitecture }))
  const converted = listCache()
  if (o.json) return print(toJson({ builtIn, families: known, converted }))
  const numeric = (title: string) => ({ title, right: true })
  const first = table(
    [
      { title: 'built in' },
      { title: 'family' },
      ...['layers', 'heads', 'kv groups', 'context', 'vocabulary'].map(numeric),
    ],
    builtIn.map(b => [
      b.model,
      b.family,
      ...[layers, heads, groups, context, vocab].map(n => n.toLocaleString('en-US')),
    ]),
    style,
  )
  const second = table(
    [{ title: 'family' }, { title: 'config.json' }, { title: 'GGUF' }],
    known.map(k => [k.family, k.architectures.join(', '), k.gguf]),
    style,
  )
  const third =
    converted.length === 0
      ? 'none yet'
      : table(
          [{ title: 'converted weights' }, numeric('size'), { title: 'last used (UTC)' }],
          converted.map(c => [c.hash.slice(0, 12), bytes(c.bytes), c.lastUsed.toISOString().slice(0, 10)]),
          style,
        )
  const title = converted.length === 0 ? `${bold(style, 'converted weights')}\n` : ''
  print(`${first}\n\n${second}\nread from ${FORMATS}\n\n${title}${third}\n`)
}
