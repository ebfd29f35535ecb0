import type { ResultDocument } from '../results/document.ts'
import { writeResult } from '../results/write.ts'
import type { Context } from './context.ts'
import type { OutputOptions } from './options.ts'

/** Writes a result where `--out` says, and tells. */
export async function save(result: ResultDocument, { out, force }: OutputOptions, { note }: Context): Promise<void> {
  if (out === undefined) return
  await writeResult(out, result, { force: force ?? false })
  note(`Written: ${out}`)
}
