import fc from 'fast-check'

/** One damage to a file: bytes or a digit replaced, text put in, a part taken out, put in twice, or cut off. Places are shares of the length. */
export interface Damage {
  readonly at: number
  readonly kind: 'bytes' | 'number' | 'text' | 'digit' | 'remove' | 'repeat' | 'cut'
  readonly bytes: Uint8Array
  readonly number: bigint
  readonly wide: boolean
  readonly text: string
  readonly length: number
}

const edges = [
  0n,
  1n,
  2n,
  12n,
  13n,
  31n,
  32n,
  255n,
  2n ** 15n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n,
  2n ** 61n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const texts = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '0',
  '-1',
  '1e999',
  '9007199254740993',
  '1.5',
  'null',
  'true',
  '"F16"',
  '"x"',
  '[]',
  '{}',
  '[0,4]',
  '"__proto__":',
  '\u0000',
  '\u001b[31m',
  '\ud83d',
]

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom(
    'bytes',
    'bytes',
    'number',
    'number',
    'digit',
    'digit',
    'text',
    'text',
    'remove',
    'repeat',
    'cut',
  ),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
  number: fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  wide: fc.boolean(),
  text: fc.constantFrom(...texts),
  length: fc.integer({ min: 1, max: 40 }),
})
export const damages = fc.array(damage, { minLength: 1, maxLength: 2 })

function overwrite(file: Buffer, at: number, bytes: Uint8Array): Buffer {
  const changed = Buffer.from(file)
  changed.set(bytes.subarray(0, changed.length - at), at)
  return changed
}

function apply(file: Buffer, { at: share, kind, bytes, number, wide, text, length }: Damage): Buffer {
  const at = Math.floor(share * file.length)
  const [before, here, after] = [file.subarray(0, at), file.subarray(at, at + length), file.subarray(at + length)]
  switch (kind) {
    case 'bytes':
      return overwrite(file, at, bytes)
    case 'number': {
      const le = Buffer.alloc(8)
      le.writeBigUInt64LE(number)
      return overwrite(file, at, le.subarray(0, wide ? 8 : 4))
    }
    case 'digit': {
      const next = file.subarray(at).findIndex(c => c >= 0x30 && c <= 0x39)
      return next < 0 ? file : overwrite(file, at + next, Uint8Array.of(0x30 + (length % 10)))
    }
    case 'text':
      return Buffer.concat([before, Buffer.from(text), file.subarray(at)])
    case 'remove':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, here, here, after])
    case 'cut':
      return before
  }
}

/** The file with some damages, one after the other. */
export const mutate = (file: Buffer, list: readonly Damage[]): Buffer => list.reduce(apply, file)
