// Byte-level BPE writes every byte as one visible character (GPT-2's table): printable Latin-1 as itself, the others
// from U+0100 on in byte order.
const CHARACTERS: readonly string[] = (() => {
  const visible = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae
  let next = 0x100
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(visible(b) ? b : next++))
})()
const BYTES: ReadonlyMap<string, number> = new Map(CHARACTERS.map((c, b) => [c, b]))

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A text's UTF-8 bytes, one character a byte. */
export function toByteCharacters(text: string): string {
  let out = ''
  for (const byte of encoder.encode(text)) out += CHARACTERS[byte]
  return out
}

/** Appends the bytes that a token of byte-level BPE stands for; a token that is not written so gives its own UTF-8. */
export function pushTokenBytes(token: string, out: number[]): void {
  const from = out.length
  for (const c of token) {
    const byte = BYTES.get(c)
    if (byte === undefined) {
      out.length = from
      for (const b of encoder.encode(token)) out.push(b)
      return
    }
    out.push(byte)
  }
}

/** UTF-8 to text; bytes that are none become U+FFFD. */
export const fromBytes = (bytes: readonly number[]): string => decoder.decode(Uint8Array.from(bytes))

/** UTF-8 to text for display: bytes that are none are written `<0xE2>`. */
export function showBytes(bytes: readonly number[]): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let out = ''
  for (let at = 0; at < bytes.length; ) {
    const length = utf8Length(bytes[at] as number)
    try {
      out += strict.decode(Uint8Array.from(bytes.slice(at, at + length)))
      at += length
    } catch {
      out += `<0x${(bytes[at] as number).toString(16).toUpperCase().padStart(2, '0')}>`
      at++
    }
  }
  return out
}

const utf8Length = (lead: number): number => (lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
