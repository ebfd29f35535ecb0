import { byteToken } from './bpe.ts'
import { fromBytes, pushTokenBytes } from './bytes.ts'

/** One step from token texts back to text, as the decoders of Hugging Face tokenizers. */
export type Decoder =
  | { readonly type: 'ByteLevel' | 'ByteFallback' | 'Fuse' }
  | { readonly type: 'Replace'; readonly text: string; readonly content: string }
  | { readonly type: 'Strip'; readonly content: string; readonly start: number; readonly stop: number }
  | { readonly type: 'Metaspace'; readonly mark: string; readonly prepend: boolean }

/** Without steps the tokens are joined by spaces, as the original does. */
export function decodeTokens(tokens: readonly string[], steps: readonly Decoder[] | undefined): string {
  if (steps === undefined) return tokens.join(' ')
  return steps.reduce<readonly string[]>((t, step) => apply(step, t), tokens).join('')
}

function apply(step: Decoder, tokens: readonly string[]): readonly string[] {
  switch (step.type) {
    case 'ByteLevel': {
      const bytes: number[] = []
      for (const token of tokens) pushTokenBytes(token, bytes)
      return [fromBytes(bytes)]
    }
    case 'ByteFallback':
      return fallback(tokens)
    case 'Fuse':
      return [tokens.join('')]
    case 'Replace':
      return tokens.map(t => t.replaceAll(step.text, () => step.content))
    case 'Strip':
      return tokens.map(t => strip(t, step.content, step.start, step.stop))
    case 'Metaspace':
      return tokens.map((t, i) => t.replaceAll(step.mark, i === 0 && step.prepend ? '' : ' '))
  }
}

const BYTE_TOKENS: ReadonlyMap<string, number> = new Map(Array.from({ length: 256 }, (_, b) => [byteToken(b), b]))

/** The byte that a token `<0x0A>` stands for. */
export const byteOf = (token: string): number | undefined => BYTE_TOKENS.get(token)

/** A run of byte tokens becomes its text; when it is no UTF-8, every byte of it becomes U+FFFD. */
function fallback(tokens: readonly string[]): readonly string[] {
  const out: string[] = []
  let run: number[] = []
  const end = () => {
    if (run.length === 0) return
    try {
      out.push(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(run)))
    } catch {
      for (const _ of run) out.push('\ufffd')
    }
    run = []
  }
  for (const token of tokens) {
    const byte = byteOf(token)
    if (byte !== undefined) run.push(byte)
    else {
      end()
      out.push(token)
    }
  }
  end()
  return out
}

function strip(token: string, content: string, start: number, stop: number): string {
  const characters = Array.from(token)
  let from = 0
  while (from < Math.min(start, characters.length) && characters[from] === content) from++
  let to = characters.length
  while (to > Math.max(from, characters.length - stop) && characters[to - 1] === content) to--
  return characters.slice(from, to).join('')
}
