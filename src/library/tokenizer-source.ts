import { readBounded, readJsonObject } from '../checkpoint/files.ts'
import type { TensorSource } from '../checkpoint/source.ts'
import { ggufTokenizer } from '../text/gguf-fields.ts'
import type { TokenizerSource } from '../text/source.ts'
import { HeadwiseError } from '../words/error.ts'

/** A tokenizer.json may be this long; larger ones are refused before they are read. */
const MAX_TOKENIZER = 256 * 2 ** 20
const MAX_CONFIG = 4 * 2 ** 20

/** Leaves out what is absent, so that optional fields stay optional. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as never
}

function ofFolder({ companions, file }: TensorSource, embeddingRows: number): TokenizerSource {
  if (companions.tokenizerJson === undefined)
    throw new HeadwiseError(`There is no tokenizer.json beside ${file}; put the model's own there.`, {
      code: 'tokenizer-missing',
      file,
      where: 'tokenizer.json',
      found: 'no file',
      allowed: 'tokenizer.json',
    })
  const { tokenizerJson, tokenizerConfig, chatTemplate } = companions
  return {
    kind: 'json',
    file: tokenizerJson,
    json: readBounded(tokenizerJson, MAX_TOKENIZER),
    embeddingRows,
    ...present({
      config: tokenizerConfig && readJsonObject(tokenizerConfig, { maxBytes: MAX_CONFIG }),
      chatTemplate: chatTemplate && readBounded(chatTemplate, MAX_CONFIG).toString('utf8'),
    }),
  } as TokenizerSource
}

/** What the tokenizer of an opened checkpoint is built from. */
export const tokenizerSource = (source: TensorSource, embeddingRows: number): TokenizerSource =>
  source.metadata ? ggufTokenizer(source.metadata, source.file, embeddingRows) : ofFolder(source, embeddingRows)
