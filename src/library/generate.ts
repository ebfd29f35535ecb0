import { generate } from '../runs/generate.ts'
import type { Edit } from '../words/edit.ts'
import type { Watch } from '../words/error.ts'
import type { Generation } from '../words/run.ts'
import type { Opened } from './open.ts'
import { encodePrompt, type Prompt } from './prompts.ts'
import { editContext, specFor } from './spec.ts'
import { StopStrings } from './stop-strings.ts'
import { editFiles } from './tensors.ts'

export interface GenerateOptions extends Watch {
  readonly maxTokens: number
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  /** The text ends before the first of these. */
  readonly stop?: readonly string[]
  readonly seed?: number
  /** Go on after the model's end tokens. */
  readonly ignoreEnd?: boolean
  readonly edits?: readonly Edit[]
  readonly folder?: string
}

export interface GenerationStep {
  /** −1 for what is left of the text when no token follows. */
  readonly id: number
  /** The text that this token completes; may be empty, and what may yet become a stop string waits. */
  readonly text: string
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
  const stream = tokenizer.decodeStream()
  const ends = [...new Set([...opened.engine.config.endTokens, ...tokenizer.endTokens])]
  const text = new StopStrings(o.stop ?? [])
  for await (const { id } of generate(engine, ids, {
    maxTokens: o.maxTokens,
    temperature: o.temperature ?? 0,
    ...(o.topK === undefined ? {} : { topK: o.topK }),
    ...(o.topP === undefined ? {} : { topP: o.topP }),
    seed: o.seed ?? 0,
    endTokens: o.ignoreEnd ? [] : ends,
    edits: o.edits ?? [],
    ...editContext(opened, o.folder ?? '.', [{ ids }]),
    signal: o.signal,
  })) {
    yield { id, text: text.push(stream.push(id)) }
    if (text.stopped) return
  }
  const rest = text.push(stream.flush()) + text.flush()
  if (rest) yield { id: -1, text: rest }
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
    if (step.id < 0) continue
    fresh.push(step.id)
    last = performance.now()
    if (fresh.length === 1) first = last
  }
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
      edits: [...(o.edits ?? [])],
      seed,
      method: { id: 'generate', version: 1, parameters },
    },
    await editFiles(o.edits ?? [], o.folder ?? '.'),
  )
  const tokensPerSecond = fresh.length > 1 ? ((fresh.length - 1) / (last - first)) * 1000 : null
  return { kind: 'generation', tokens: [...encoded.ids, ...fresh], text, tokensPerSecond, spec }
}
