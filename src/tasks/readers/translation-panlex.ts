import { join } from 'node:path'
import { z } from 'zod'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { throwIfAborted } from '../../words/error.ts'
import { phrase } from './fields.ts'
import { homesOf, missing, namesIn } from './folder.ts'
import { inContextPairs } from './in-context.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ input: phrase, output: phrase, also: z.array(phrase).max(100).optional() })
const LANGUAGES = /^[a-z]{1,40}-[a-z]{1,40}\.json$/

/**
 * Words of the Swadesh list in two languages, as ten-shot prompts like those of the function-vector tasks (corrupt:
 * shuffled labels). All translations that the list accepts are answers; scored by the likeliest next token.
 */
export const translationPanlex: Reader = {
  id: 'translation_panlex',
  title: 'Word translation from the PanLex Swadesh lists',
  source:
    'https://github.com/nltk/nltk_data (packages/corpora/panlex_swadesh.zip), as JSON arrays {input, output, also}',
  licence: 'CC0 1.0',
  paper: 98,
  async read(folder, { signal } = {}) {
    const home = homesOf(folder, 'translation_panlex').find(h => namesIn(h, LANGUAGES).length > 0)
    if (home === undefined) throw missing(folder, 'translation_panlex', ['english-french.json'])
    return namesIn(home, LANGUAGES).map(file => {
      throwIfAborted(signal)
      const path = memberFile(home, file) ?? join(home, file)
      const name = `translation_panlex/${file.slice(0, -5)}`
      const pairs = inContextPairs(readRecords(path, row), name, path)
      return taskOf({ name, form: 'next', metric: 'accuracy', pairs }, path)
    })
  },
}
