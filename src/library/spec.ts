import { specOf } from '../results/spec.ts'
import type { EditContext } from '../runs/values.ts'
import type { Edit, EditInput } from '../words/edit.ts'
import type { Request, Spec } from '../words/spec.ts'
import type { Opened } from './open.ts'
import { type EncodedPrompt, encodePrompt, type Prompt } from './prompts.ts'
import { tensorReader } from './tensors.ts'
import { version } from './version.ts'

/** A request as far as its command fills it in; what every command shares is added. */
export type PartialRequest = Partial<Omit<Request, 'prompts'>> &
  Pick<Request, 'command'> & { readonly prompts: readonly EncodedPrompt[] }

/** The spec of a computation by an opened model. */
export async function specFor(
  { reference, threads, engine, device, tokenizer, budget, budgetGiven }: Opened,
  request: PartialRequest,
  files: Record<string, string> = {},
  dropped: readonly string[] = [],
): Promise<Spec> {
  const prompts = request.prompts.map(({ ids, text }) => ({ ids: [...ids], ...(text === undefined ? {} : { text }) }))
  return specOf(
    { edits: [], seed: 0, model: reference, threads, device, ...(budgetGiven ? { budget } : {}), ...request, prompts },
    {
      modelHash: engine.weights.hash,
      tokenizerHash: (await tokenizer()).hash,
      files,
      dropped: [...dropped],
      backend: engine.backend.name,
      dtype: 'f32',
      version,
    },
  )
}

/** Edits as callers write them, checked and with their defaults filled in. The schemas are loaded only where needed. */
export async function editList(edits: readonly EditInput[] = []): Promise<Edit[]> {
  return edits.length === 0 ? [] : (await import('../results/input.ts')).checkEdits(edits, 'edits')
}

export const encodeAll = async (
  opened: Opened,
  prompts: readonly Prompt[],
  signal: AbortSignal | undefined,
): Promise<EncodedPrompt[]> => await Promise.all(prompts.map(p => encodePrompt(p, opened.tokenizer, signal)))

/** What edits may need beyond the model: this tokenizer, the files of a folder, the other prompts. */
export const editContext = (opened: Opened, folder: string, prompts: readonly EncodedPrompt[]): EditContext => ({
  encode: async text => (await opened.tokenizer()).encode(text),
  tensor: tensorReader(folder),
  others: prompts.map(p => p.ids),
})
