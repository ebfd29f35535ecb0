import { listOfPrompts, type Prompt } from '../library/prompts.ts'
import type { Edit } from '../words/edit.ts'
import type { Context } from './context.ts'
import { readEdits, wrongInput } from './input.ts'
import { type PromptOptions, promptOf } from './prompt.ts'

interface OnePrompt {
  readonly prompt: Prompt
  readonly edits: Edit[]
  /** The folder in which the files that the edits name lie. */
  readonly folder: string
  /** Refuses ids that the model does not have. */
  check(vocab: number): void
}

/** The one prompt and the edits of a command that reads a single pass, before any model is opened. */
export async function onePrompt(
  command: string,
  text: string | undefined,
  o: PromptOptions & { readonly edit?: string },
  context: Context,
): Promise<OnePrompt> {
  const { prompt: given, check } = await promptOf(text, o, context)
  const [prompt, ...more] = listOfPrompts(given)
  if (more.length > 0)
    throw wrongInput(`${command} reads one prompt; give one list of ids.`, '--tokens', more.length + 1, 'one prompt')
  const { edits, folder } = o.edit === undefined ? { edits: [], folder: '.' } : await readEdits(o.edit)
  return { prompt: prompt!, edits, folder, check }
}
