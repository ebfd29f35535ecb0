import { readBounded, readJsonObject } from '../checkpoint/files.ts'
import type { TensorSource } from '../checkpoint/source.ts'
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
    throw new HeadwiseError(
      `There is no tokenizer.json beside ${file}; put the model's own there, or give token ids with --tokens.`,
      {
        code: 'tokenizer-missing',
        file,
        where: 'tokenizer.json',
        found: 'no file',
        allowed: 'tokenizer.json',
      },
    )
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

function ofGguf({ metadata, file }: TensorSource, embeddingRows: number): TokenizerSource {
  const value = (key: string) => metadata?.get(key)
  const typed = <T>(key: string, is: (v: unknown) => v is T): T | undefined => {
    const found = value(`tokenizer.${key}`)
    return is(found) ? found : undefined
  }
  const text = (v: unknown): v is string => typeof v === 'string'
  const number = (v: unknown): v is number => typeof v === 'number'
  const flag = (v: unknown): v is boolean => typeof v === 'boolean'
  const strings = (v: unknown): v is readonly string[] =>
    Array.isArray(v) && (v.length === 0 || typeof v[0] === 'string')
  const numbers = (v: unknown): v is ArrayLike<number> => ArrayBuffer.isView(v)
  const tokens = typed('ggml.tokens', strings)
  const model = typed('ggml.model', text)
  if (tokens === undefined || model === undefined)
    throw new HeadwiseError(
      `${file} holds no tokenizer (tokenizer.ggml.model and tokenizer.ggml.tokens); give token ids with --tokens.`,
      {
        code: 'tokenizer-missing',
        file,
        where: 'tokenizer.ggml.tokens',
        found: 'no tokens',
        allowed: 'tokenizer.ggml.model and tokenizer.ggml.tokens',
      },
    )
  return {
    kind: 'gguf',
    file,
    model,
    tokens,
    embeddingRows,
    ...present({
      pre: typed('ggml.pre', text),
      merges: typed('ggml.merges', strings),
      scores: typed('ggml.scores', numbers),
      types: typed('ggml.token_type', numbers),
      bos: typed('ggml.bos_token_id', number),
      eos: typed('ggml.eos_token_id', number),
      eot: typed('ggml.eot_token_id', number),
      unk: typed('ggml.unknown_token_id', number),
      addBos: typed('ggml.add_bos_token', flag),
      addSpacePrefix: typed('ggml.add_space_prefix', flag),
      chatTemplate: typed('chat_template', text),
    }),
  } as TokenizerSource
}

/** What the tokenizer of an opened checkpoint is built from. */
export const tokenizerSource = (source: TensorSource, embeddingRows: number): TokenizerSource =>
  source.format === 'gguf' ? ofGguf(source, embeddingRows) : ofFolder(source, embeddingRows)
