import { generate } from '../runs/generate.ts'
import type { NDArray } from '../words/arrays.ts'
import type { EditInput } from '../words/edit.ts'
import type { Watch } from '../words/error.ts'
import type { Generation } from '../words/run.ts'
import { capturePoints, parseCapture } from './captures.ts'
import { displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import { encodePrompt, type Prompt } from './prompts.ts'
import { editContext, editList, specFor } from './spec.ts'
import { StopStrings } from './stop-strings.ts'
import { editFiles } from './tensors.ts'

export interface GenerateOptions extends Watch {
  readonly maxTokens: number
  readonly temperature?: number
  /** Only the k most likely tokens. */
  readonly topK?: number | undefined
  /** Of these only the fewest, most likely first, that hold this share of their probability. */
  readonly topP?: number | undefined
  /** The text ends before the first of these. */
  readonly stop?: readonly string[]
  readonly seed?: number
  /** Go on after the model's end tokens. */
  readonly ignoreEnd?: boolean
  readonly edits?: readonly EditInput[]
  /** Sites to capture in every pass, as on the command line. */
  readonly capture?: readonly string[]
  readonly folder?: string
}

export interface GenerationStep {
  /** Absent for what is left of the text when no token follows. */
  readonly id?: number
  /** The text that this token completes; may be empty, and what may yet become a stop string waits. */
  readonly text: string
  /** Captured values of the rows that led to this token, by point (`z@6`): the prompt's first, then one row each. */
  readonly captured: ReadonlyMap<string, NDArray<'f32'>>
}

/** Continues a text token by token. */
export async function* generateText(
  opened: Opened,
  prompt: Prompt,
  o: GenerateOptions,
): AsyncGenerator<GenerationStep> {
  const { ids } = await encodePrompt(prompt, opened.tokenizer, o.signal)
  yield* continueText(opened, ids, o)
}

async function* continueText(
  opened: Opened,
  ids: readonly number[],
  o: GenerateOptions,
): AsyncGenerator<GenerationStep> {
  const { engine } = opened
  const tokenizer = await opened.tokenizer()
  const stream = tokenizer.decodeStream({ special: 'skip' })
  const ends = [...new Set([...opened.engine.config.endTokens, ...tokenizer.endTokens])]
  const text = new StopStrings(o.stop ?? [])
  for await (const { id, captured } of generate(engine, ids, {
    maxTokens: o.maxTokens,
    temperature: o.temperature ?? 0,
    topK: o.topK,
    topP: o.topP,
    seed: o.seed ?? 0,
    endTokens: o.ignoreEnd ? [] : ends,
    edits: await editList(o.edits),
    capture: capturePoints(
      (o.capture ?? []).map(c => parseCapture(c, engine.config.layers)),
      engine.config.layers,
    ),
    ...editContext(opened, o.folder ?? '.', [{ ids }]),
    signal: o.signal,
  })) {
    yield { id, text: text.push(stream.push(id)), captured }
    if (text.stopped) return
  }
  const rest = text.push(stream.flush()) + text.flush()
  if (rest) yield { text: rest, captured: new Map() }
}

/** Continues a text to its end and reports it; `onToken` sees the text as it comes. */
export async function generationOf(
  opened: Opened,
  prompt: Prompt,
  o: GenerateOptions & { onToken?: (text: string) => void },
): Promise<Generation> {
  const encoded = await encodePrompt(prompt, opened.tokenizer, o.signal)
  const fresh: number[] = []
  let text = ''
  let first = 0
  let last = 0
  for await (const step of continueText(opened, encoded.ids, o)) {
    text += step.text
    o.onToken?.(step.text)
    if (step.id === undefined) continue
    fresh.push(step.id)
    last = performance.now()
    if (fresh.length === 1) first = last
  }
  const edits = await editList(o.edits)
  const { temperature = 0, topK, topP, stop = [], seed = 0, maxTokens, ignoreEnd = false } = o
  const parameters = {
    maxTokens,
    temperature,
    stop: [...stop],
    ignoreEnd,
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  }
  const spec = await specFor(
    opened,
    {
      command: 'generate',
      prompts: [encoded],
      edits,
      seed,
      method: { id: 'generate', version: 1, parameters },
    },
    await editFiles(edits, o.folder ?? '.'),
  )
  const tokensPerSecond = fresh.length > 1 ? ((fresh.length - 1) / (last - first)) * 1000 : null
  return displayedResult({ kind: 'generation', tokens: [...encoded.ids, ...fresh], text, tokensPerSecond, spec })
}
