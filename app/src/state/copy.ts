import type { EditInput } from '../../../src/words/edit.ts'
import { headName } from './head.ts'
import { kindOf, layerOf, type Part } from './part.ts'
import { type Draw, drawnAt, drawOf, type Prompt } from './state.ts'

/** What the page shows, in the words of the library. */
export interface Shown extends Draw {
  /** What the command and the library open the model by. */
  readonly model: string
  readonly prompt: Prompt
  /** The prompt as token ids: for texts that no argument of a command can be. */
  readonly ids: readonly number[]
  readonly edits: readonly EditInput[]
  /** A part that is read through the unembedding, at its position. */
  readonly writes?: { readonly of: Part; readonly position: number }
  /** The least contribution of the routes that are shown, and the position that they lead to. */
  readonly routes?: { readonly threshold: number; readonly position: number }
}

/** The option of `headwise writes` that names a part. */
function partOption(part: Part): string {
  const kind = kindOf(part)
  if (kind === 'embed') return '--embed'
  return `--${kind} ${'neuron' in part ? headName({ layer: layerOf(part), head: part.neuron.neuron }) : layerOf(part)}`
}

/** A word for the shell, whatever is in it. */
const quoted = (text: string): string => (/^[\w./@:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
/** A text that begins like an option must not be taken for one. */
const argument = (text: string): string => (text.startsWith('-') ? `-- ${quoted(text)}` : quoted(text))

const lines = (edits: readonly EditInput[]): string => `[\n${edits.map(e => `  ${JSON.stringify(e)}`).join(',\n')}\n]`

/** A lone dash stands for what is piped in, and no argument holds the character 0. */
const isArgument = (text: string): boolean => text !== '-' && !text.includes('\0')

/** A file made on the way; the text ends at a line that JSON cannot hold. */
const file = (name: string, text: string): string => `cat > ${name} <<'END'\n${text}\nEND\n`

/** What `generate` is given to draw with; none where the likeliest token is taken. */
const drawing = (s: Shown): Draw | undefined => {
  const temperature = drawnAt(s)
  return temperature === 0 ? undefined : drawOf({ ...s, temperature })
}
const FLAGS = { temperature: '--temperature', topK: '--top-k', topP: '--top-p' } as const

/** A pass tells the model's own probabilities, whatever the page divides the logits by. */
const AT_ONE = 'Probabilities of a run are those at temperature 1.'

/** The commands that compute what the page shows: the next tokens with the edits in force, and what is drawn. */
export function asCommand(s: Shown): string {
  const { model, prompt, ids, edits, writes, routes } = s
  const text = 'text' in prompt && isArgument(prompt.text) ? prompt.text : undefined
  const files = [
    ...(text === undefined ? [file('ids.json', JSON.stringify(ids))] : []),
    ...(edits.length > 0 ? [file('edits.json', lines(edits))] : []),
  ]
  const options = [
    ...(text === undefined ? ['--tokens ids.json'] : []),
    ...(edits.length > 0 ? ['--edit edits.json'] : []),
    ...(text === undefined ? [] : [argument(text)]),
  ]
  const said = [quoted(model), ...options].join(' ')
  const draw = drawing(s)
  const flags = (Object.keys(FLAGS) as (keyof Draw)[]).flatMap(k =>
    draw?.[k] === undefined ? [] : [FLAGS[k], draw[k]],
  )
  const drawn = draw ? `headwise generate --max-tokens 24 ${flags.join(' ')} ${said}\n` : ''
  const read = writes ? `headwise writes ${partOption(writes.of)} --position ${writes.position} ${said}\n` : ''
  const led = routes ? `headwise routes --position ${routes.position} --threshold ${routes.threshold} ${said}\n` : ''
  const about = s.temperature === undefined ? '' : `# ${AT_ONE}\n`
  return `${files.join('')}${about}headwise run ${said}\n${drawn}${read}${led}`
}

const fields = (draw: Draw): string =>
  Object.entries(draw)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')

/** The same as TypeScript over the library. */
export function asTypeScript(s: Shown): string {
  const { model, prompt, edits, writes, routes } = s
  const draw = drawing(s)
  const value = 'ids' in prompt ? JSON.stringify(prompt.ids) : JSON.stringify(prompt.text)
  return [
    `import { type EditInput, load } from 'headwise'`,
    '',
    `const m = await load(${JSON.stringify(model)})`,
    `const prompt = ${value}`,
    `const edits: EditInput[] = ${edits.length === 0 ? '[]' : lines(edits)}`,
    ...(s.temperature === undefined ? [] : [`// ${AT_ONE}`]),
    'const { document } = await m.run(prompt, { edits })',
    'console.log(document)',
    ...(draw
      ? [
          `for await (const { text } of m.generate(prompt, { edits, maxTokens: 24, ${fields(draw)} }))`,
          '  process.stdout.write(text)',
        ]
      : []),
    ...(writes
      ? [
          `console.log(await m.writes(prompt, { of: ${JSON.stringify(writes.of)}, position: ${writes.position}, edits }))`,
        ]
      : []),
    ...(routes
      ? [`console.log(await m.routes(prompt, { position: ${routes.position}, threshold: ${routes.threshold}, edits }))`]
      : []),
    '',
  ].join('\n')
}
