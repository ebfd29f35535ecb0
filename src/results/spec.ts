import { sha256 } from '../words/sha256.ts'
import type { Check, Request, Spec } from '../words/spec.ts'
import { SPEC_VERSION } from '../words/spec-version.ts'
import { canonicalJson } from './json.ts'

/** SHA-256 of the token ids of all prompts, in order. */
export const promptsHash = (prompts: readonly { readonly ids: readonly number[] }[]): string =>
  sha256(canonicalJson(prompts.map(p => p.ids)))

/** The request without what may differ between two computations of the same numbers: paths and threads. */
function identity({ model: _model, threads: _threads, ...request }: Request, { files }: Check): unknown {
  const edits = request.edits.map(edit =>
    'value' in edit && typeof edit.value === 'object' && 'file' in edit.value
      ? { ...edit, value: { ...edit.value, file: files[edit.value.file] ?? edit.value.file } }
      : edit,
  )
  return { ...request, edits }
}

/**
 * SHA-256 of what decides a result's numbers: the request without the model's path, the threads and the names of files,
 * and the hashes of model, tokenizer, prompts and files. Backend, package version and times are left out.
 */
export const specHash = (request: Request, check: Check): string =>
  sha256(
    canonicalJson({
      version: SPEC_VERSION,
      request: identity(request, check),
      model: check.modelHash,
      tokenizer: check.tokenizerHash,
      prompts: check.promptsHash,
      files: Object.values(check.files).sort(),
    }),
  )

/** The spec of a computation; the hashes of prompts and spec are made here. */
export function specOf(request: Request, facts: Omit<Check, 'promptsHash'>): Spec {
  const check = { ...facts, promptsHash: promptsHash(request.prompts) }
  return { version: SPEC_VERSION, request, check, hash: specHash(request, check) }
}
