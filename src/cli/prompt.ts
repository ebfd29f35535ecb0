import type { Prompt } from '../library/prompts.ts'
import type { Context } from './context.ts'
import { checkVocabulary, exclusive, readTokens, type TokenLists, textOf } from './input.ts'

export interface PromptOptions {
  readonly tokens?: string
  readonly chat?: boolean
}

/** What is fed to the model, and the check of ids that must wait until the model is open. */
export interface GivenPrompt {
  readonly prompt: Prompt | readonly Prompt[]
  check(vocab: number): void
}

/** The text or ids that a command line gives, read before any model is opened. */
export async function promptOf(text: string | undefined, o: PromptOptions, context: Context): Promise<GivenPrompt> {
  exclusive({ TEXT: text, '--tokens': o.tokens })
  exclusive({ '--chat': o.chat, '--tokens': o.tokens })
  if (o.tokens !== undefined) {
    const file = o.tokens
    const tokens: TokenLists = readTokens(file)
    return { prompt: tokens, check: vocab => checkVocabulary(tokens, vocab, file) }
  }
  const content = await textOf(text, '--tokens FILE', context.signal)
  return { prompt: o.chat ? [{ role: 'user', content }] : content, check: () => undefined }
}
