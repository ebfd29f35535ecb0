import { HeadwiseError } from '../words/error.ts'

/** Numbers nested in lists: a pattern as JSON holds it, [layer, head, query, key]. */
export type Nested = number | readonly Nested[]

/** A captured pattern: the bytes of a `.safetensors` file, an array with its shape, or nested lists. */
export type PatternInput =
  | ArrayBuffer
  | Uint8Array
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number> }
  | readonly Nested[]

/** The patterns of one prompt. */
export interface HeadPatterns {
  readonly time: number
  /** Names of the heads that are here: `6.5`. */
  readonly heads: readonly string[]
  /** [time, time]; rows are queries. */
  of(head: string): ArrayLike<number>
}

const fault = (message: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code: 'view-pattern', where, found, allowed })

interface Tensor {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/** The patterns of the prompt of that number, from whatever form they came in. Throws `view-pattern`. */
export function readPattern(input: PatternInput, prompt = 0): HeadPatterns {
  const layers = layersOf(input, prompt)
  const [first] = layers.values()
  if (!first) throw fault('There is no pattern here: capture it with --capture pattern.', 'pattern', 'none', 'pattern')
  const [, time = 0] = first.shape
  const tables = new Map<string, ArrayLike<number>>()
  for (const [layer, { shape, data }] of layers) {
    const [heads = 0, rows = 0, keys = 0] = shape
    if (shape.length !== 3 || rows !== keys || rows !== time || data.length !== heads * rows * keys)
      throw fault(
        `pattern: layer ${layer} is [${shape.join(', ')}]; it must be [heads, ${time}, ${time}].`,
        'pattern',
        shape,
        '[heads, T, T]',
      )
    for (let h = 0; h < heads; h++) tables.set(`${layer}.${h}`, slice(data, h * time * time, time * time))
  }
  return {
    time,
    heads: [...tables.keys()],
    of: head => {
      const table = tables.get(head)
      if (!table)
        throw fault(`There is no pattern of head ${head} here.`, 'head', head, [...tables.keys()].slice(0, 16))
      return table
    },
  }
}

const slice = (data: ArrayLike<number>, start: number, count: number): ArrayLike<number> =>
  data instanceof Float32Array
    ? data.subarray(start, start + count)
    : Array.from({ length: count }, (_, i) => data[start + i]!)

/** By layer, [heads, T, T] each. */
function layersOf(input: PatternInput, prompt: number): Map<number, Tensor> {
  if (input instanceof Uint8Array) return fromFile(input, prompt)
  if (input instanceof ArrayBuffer) return fromFile(new Uint8Array(input), prompt)
  const tensor = 'shape' in input ? input : fromLists(input)
  return stacked(tensor)
}

/** [layer, head, T, T] as its layers; [head, T, T] is layer 0. */
function stacked({ shape, data }: Tensor): Map<number, Tensor> {
  if (shape.length < 4) return new Map([[0, { shape, data }]])
  const [layers = 0, ...rest] = shape
  const size = rest.reduce((n, d) => n * d, 1)
  if (data.length !== layers * size)
    throw fault(
      `pattern: ${data.length} numbers do not fill [${shape.join(', ')}].`,
      'pattern',
      data.length,
      layers * size,
    )
  return new Map(Array.from({ length: layers }, (_, l) => [l, { shape: rest, data: slice(data, l * size, size) }]))
}

function fromLists(lists: readonly Nested[]): Tensor {
  const shape: number[] = []
  for (let at: Nested | undefined = lists; Array.isArray(at); at = at[0]) shape.push(at.length)
  const data: number[] = []
  const walk = (at: Nested, depth: number): void => {
    if (typeof at === 'number' && depth === shape.length) data.push(at)
    else if (typeof at !== 'number' && at.length === shape[depth]) for (const part of at) walk(part, depth + 1)
    else
      throw fault(
        `pattern: the lists are not all of the same length at depth ${depth}.`,
        'pattern',
        'ragged lists',
        shape,
      )
  }
  walk(lists, 0)
  return { shape, data }
}

/** Longest header that is read, in bytes. */
const MAX_HEADER = 16 * 2 ** 20
const NAME = /^(?:(\d{1,6})\.)?pattern(?:\.(\d{1,4}))?$/

/** `pattern` [L, H, T, T] or `pattern.6` [H, T, T], with the prompt's number in front where there are several. */
function fromFile(bytes: Uint8Array, prompt: number): Map<number, Tensor> {
  const { byteLength } = bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, byteLength)
  const length = byteLength < 8 ? -1 : Number(view.getBigUint64(0, true))
  if (length < 2 || length > MAX_HEADER || 8 + length > byteLength)
    throw fault('These bytes are no .safetensors file: the header does not fit.', 'byte 0', length, byteLength - 8)
  const found = new Map<number, Tensor>()
  for (const [name, entry] of Object.entries(headerOf(bytes.subarray(8, 8 + length)))) {
    const [match, whose = '0', layer] = NAME.exec(name) ?? []
    if (match === undefined || Number(whose) !== prompt) continue
    const tensor = tensorOf(name, entry, view, 8 + length)
    if (layer !== undefined) found.set(Number(layer), tensor)
    else for (const [l, t] of stacked(tensor)) found.set(l, t)
  }
  return found
}

function headerOf(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, unknown>
  } catch {
    throw fault('These bytes are no .safetensors file: the header is no JSON.', 'header', 'no JSON', 'JSON')
  }
}

function tensorOf(name: string, entry: unknown, view: DataView, start: number): Tensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  const sizes = Array.isArray(shape) ? shape.map(Number) : []
  const [from = -1, to = -1] = Array.isArray(offsets) ? offsets.map(Number) : []
  const count = sizes.reduce((n, d) => n * d, 1)
  const fits = Number.isSafeInteger(from) && from >= 0 && to - from === 4 * count && start + to <= view.byteLength
  if (dtype !== 'F32' || sizes.length < 3 || !sizes.every(d => Number.isSafeInteger(d) && d > 0) || !fits)
    throw fault(`${name}: the file does not hold ${name} as F32 numbers of its shape.`, name, { dtype, shape }, 'F32')
  // Offsets need not be multiples of four.
  const data = new Float32Array(count)
  for (let i = 0; i < count; i++) data[i] = view.getFloat32(start + from + 4 * i, true)
  return { shape: sizes, data }
}
