import type { NDArray } from '../../../words/arrays.ts'
import type { Edit } from '../../../words/edit.ts'
import { HeadwiseError } from '../../../words/error.ts'

const noFiles = (name: string): HeadwiseError =>
  new HeadwiseError(`A page reads no files, so that edits cannot take values from ${name}; give the numbers.`, {
    code: 'edit-file',
    fault: 'usage',
    where: 'value',
    found: name,
    allowed: 'numbers',
  })

/** The browser's twin of src/library/tensors.ts: there are no files. */
export const tensorReader =
  (_folder: string) =>
  async (file: string, _name: string): Promise<NDArray<'f32'>> => {
    throw noFiles(file)
  }

export async function editFiles(edits: readonly Edit[], _folder: string): Promise<Record<string, string>> {
  for (const e of edits)
    if ('value' in e && typeof e.value === 'object' && 'file' in e.value) throw noFiles(e.value.file)
  return {}
}
