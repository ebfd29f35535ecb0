import { dirname } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { bad, show } from '../checkpoint/fault.ts'
import { readBounded } from '../checkpoint/files.ts'
import { type JsonValue, parseStrictJson } from '../checkpoint/strict-json.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'

const MAX_BYTES = 64 * 2 ** 20

/** Wrong usage of a command line that is not about one option's own value. */
export const wrongInput = (message: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code: 'input', fault: 'usage', where, found, allowed })

/** Token ids of one prompt, or of several. */
export type TokenLists = readonly number[] | readonly (readonly number[])[]
const severalPrompts = (tokens: TokenLists): tokens is readonly (readonly number[])[] => Array.isArray(tokens[0])
export const promptsOf = (tokens: TokenLists): readonly (readonly number[])[] =>
  severalPrompts(tokens) ? tokens : [tokens]

/** The ids in a `--tokens` file: strict JSON, a list of ids or a list of such lists. */
export function readTokens(file: string): TokenLists {
  const value = parseStrictJson(readBounded(file, MAX_BYTES), { file, maxBytes: MAX_BYTES, maxDepth: 8 })
  const whole = listOf(value, file, 'tokens', 'a list of token ids, or a list of such lists')
  if (!Array.isArray(whole[0])) return ids(whole, file, 'tokens')
  return whole.map((prompt, i) =>
    ids(listOf(prompt, file, `tokens[${i}]`, 'a list of token ids, as the first entry is'), file, `tokens[${i}]`),
  )
}

function listOf(value: JsonValue, file: string, where: string, allowed: string): readonly JsonValue[] {
  if (Array.isArray(value) && value.length > 0) return value
  const found = Array.isArray(value) ? 'an empty list' : show(value)
  throw bad({ code: 'tokens', file, where, found: value, allowed }, `${where} is ${found}; expected ${allowed}.`)
}

function ids(values: readonly JsonValue[], file: string, where: string): number[] {
  return values.map((value, i) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value
    const place = `${where}[${i}]`
    const allowed = 'a token id (a whole number from 0)'
    throw bad(
      { code: 'tokens', file, where: place, found: value, allowed },
      `${place} is ${show(value)}; expected ${allowed}.`,
    )
  })
}

/** Refuses ids of a `--tokens` file that the model does not have. */
export function checkVocabulary(tokens: TokenLists, vocab: number, file: string): void {
  for (const [p, prompt] of promptsOf(tokens).entries())
    for (const [i, id] of prompt.entries()) {
      if (id < vocab) continue
      const where = severalPrompts(tokens) ? `tokens[${p}][${i}]` : `tokens[${i}]`
      const details = { code: 'token-id', file, where, found: id, allowed: `0 to ${vocab - 1}` }
      throw bad(details, `${where} is ${id}; the model has the ids 0 to ${vocab - 1}.`)
    }
}

/** The edits of an edits file, and the folder in which the files that they name lie. */
export async function readEdits(file: string): Promise<{ edits: Edit[]; folder: string }> {
  const { MAX_INPUT_BYTES, parseEdits } = await import('../results/input.ts')
  return { edits: parseEdits(readBounded(file, MAX_INPUT_BYTES), file), folder: dirname(file) }
}

/** The text of standard input without its last line break. */
async function readStdin(signal: AbortSignal): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of addAbortSignal(signal, process.stdin)) {
    size += (piece as Buffer).length
    if (size > MAX_BYTES)
      throw bad(
        { code: 'stdin-size', file: 'stdin', where: 'size', found: size, allowed: MAX_BYTES },
        `the text is longer than ${MAX_BYTES} bytes.`,
      )
    pieces.push(piece as Buffer)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(Buffer.concat(pieces))
      .replace(/\r?\n$/, '')
  } catch {
    throw bad(
      { code: 'stdin-encoding', file: 'stdin', where: 'text', found: 'other bytes', allowed: 'UTF-8' },
      'the text is not valid UTF-8; convert it first.',
    )
  }
}

/** The text as given, or from standard input for `-` or when there is none and the input is no terminal. */
export async function textOf(argument: string | undefined, instead: string, signal: AbortSignal): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument
  if (argument === undefined && process.stdin.isTTY)
    throw wrongInput(
      `There is no text: give one after MODEL, pipe it in, or use ${instead}.`,
      'TEXT',
      'nothing',
      'a text',
    )
  const text = await readStdin(signal)
  if (text === '')
    throw wrongInput(
      `There is no text: standard input was empty; give one after MODEL or use ${instead}.`,
      'TEXT',
      'nothing',
      'a text',
    )
  return text
}

/** Refuses options that say the same thing twice. */
export function exclusive(given: Readonly<Record<string, unknown>>): void {
  const [first, second] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (second !== undefined)
    throw wrongInput(
      `${first} and ${second} exclude each other; give one of them.`,
      second,
      `${first} and ${second}`,
      'one of them',
    )
}
