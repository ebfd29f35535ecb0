import { bad } from './fault.ts'

const PICKLE = 'it may run code when it is loaded, so it is never opened; convert it to safetensors first'
const kinds: readonly { kind: string; advice: string; is(head: Buffer): boolean }[] = [
  {
    kind: 'a Git LFS pointer',
    advice: 'the weights themselves were not fetched: run `git lfs pull` in its folder',
    is: head => head.toString('latin1', 0, 30).startsWith('version https://git-lfs'),
  },
  {
    kind: 'an HTML page',
    advice: 'the download ended at a web page: fetch the file again',
    is: head => /^\s*<(!doctype|html|\?xml)/i.test(head.toString('latin1')),
  },
  {
    kind: 'a ZIP archive or a PyTorch checkpoint',
    advice: PICKLE,
    is: head => head.length >= 4 && head.readUInt32BE(0) === 0x504b0304,
  },
  { kind: 'a Python pickle', advice: PICKLE, is: head => head[0] === 0x80 && (head[1] ?? 9) <= 5 && head[7] !== 0 },
  {
    kind: 'a GGUF file',
    advice: 'name it .gguf',
    is: head => head.toString('latin1', 0, 4) === 'GGUF' && (head[4] ?? 0) <= 3 && head[5] === 0,
  },
]

/** Names what a file really is, when its first bytes (up to 512) are those of something that holds no safetensors. */
export function refuseForeign(head: Buffer, file: string): void {
  const other = kinds.find(k => k.is(head))
  if (other)
    throw bad(
      { code: 'not-weights', file, where: 'byte 0', found: other.kind, allowed: 'safetensors' },
      `this is ${other.kind}, not a safetensors file; ${other.advice}.`,
    )
}
