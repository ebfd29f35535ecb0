import type { Message, Tokenizer } from '../text/tokenizer.ts'
import { HeadwiseError } from '../words/error.ts'

/** A text, token ids as they are fed, or chat messages for the model's template. */
export type Prompt = string | readonly number[] | readonly Message[]

/** A prompt as ids, with the text where there was one. */
export interface EncodedPrompt {
  readonly ids: readonly number[]
  readonly text?: string
}

const isIds = (prompt: Exclude<Prompt, string>): prompt is readonly number[] => typeof prompt[0] === 'number'

export async function encodePrompt(
  prompt: Prompt,
  tokenizer: () => Promise<Tokenizer>,
  signal?: AbortSignal,
): Promise<EncodedPrompt> {
  const o = signal ? { signal } : {}
  if (typeof prompt === 'string') return { ids: await (await tokenizer()).encode(prompt, o), text: prompt }
  if (prompt.length === 0)
    throw new HeadwiseError('The prompt is empty: give a text, token ids or messages.', {
      code: 'prompt-empty',
      fault: 'usage',
      where: 'prompt',
      found: 0,
      allowed: '1 or more',
    })
  if (isIds(prompt)) return { ids: prompt }
  const ids = await (await tokenizer()).encodeChat(prompt, { generationPrompt: true, ...o })
  return { ids, text: prompt.map(m => m.content).join('\n') }
}

const isOne = (prompts: Prompt | readonly Prompt[]): prompts is Prompt =>
  typeof prompts === 'string' ||
  typeof prompts[0] === 'number' ||
  (typeof prompts[0] === 'object' && 'role' in prompts[0])

/** One prompt as a list of one. */
export const listOfPrompts = (prompts: Prompt | readonly Prompt[]): readonly Prompt[] =>
  isOne(prompts) ? [prompts] : prompts
export const firstPrompt = (prompts: Prompt | readonly Prompt[]): Prompt => listOfPrompts(prompts)[0]!
