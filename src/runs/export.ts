import { constant } from '../graph/primitives/leaf.ts'
import { simplify } from '../graph/simplify.ts'
import { substitute } from '../graph/substitute.ts'
import type { Graph, Sym } from '../graph/sym.ts'
import { lowerGraph, type Place } from '../runtime/onnx.ts'
import { entryOf, type WeightEntry, type Weights } from '../runtime/weights.ts'
import { i32, sizeOf } from '../words/arrays.ts'
import type { Edit } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { point } from '../words/site.ts'
import { lowerEdits } from './edits.ts'
import type { Engine } from './engine.ts'
import { type EditContext, readyEdits } from './values.ts'

export interface Exported {
  /** The bytes of the `.onnx` file. */
  readonly model: Uint8Array
  /** Weights that the model expects in a file beside it, in order; empty when they are inside. */
  readonly beside: readonly string[]
}

/** Weights up to this size go into the model's own file; Protobuf ends at 2 GiB. */
const INSIDE_BYTES = 256 * 2 ** 20
/** Edits that hold for every text are made ready on the shortest. */
const ANY_TEXT = [0]

/** Edits that only make sense for one text cannot become part of a model for every text. */
function refuse(edits: readonly Edit[]): void {
  edits.forEach((edit, i) => {
    const limited = [
      edit.positions,
      'queries' in edit ? edit.queries : undefined,
      'keys' in edit ? edit.keys : undefined,
    ]
    const why = limited.some(p => p !== undefined && p !== 'all')
      ? 'names positions'
      : edit.do === 'patch' || edit.do === 'resample' || (edit.do === 'mean' && edit.reference === 'self')
        ? 'takes its value from one text'
        : edit.samples
          ? 'names samples'
          : edit.at.site === 'pattern' && (edit.do === 'add' || edit.do === 'set')
            ? 'puts numbers into a pattern, whose size is the length of the text'
            : undefined
    if (why)
      throw new HeadwiseError(
        `edits[${i}] ${why}, and an exported model must hold for every text; use an edit of all positions with a value of its own.`,
        {
          code: 'export-edit',
          fault: 'usage',
          where: `edits[${i}]`,
          found: edit.do,
          allowed: 'edits of all positions',
        },
      )
  })
}

/** The graph of the model with its edits inside: input `input` [batch, time], output `logits` [batch, time, vocabulary]. */
export async function exportGraph(
  engine: Engine,
  edits: readonly Edit[],
  positions: number,
  context: EditContext = {},
): Promise<Graph> {
  refuse(edits)
  const [ready] = await readyEdits(engine, [{ ids: ANY_TEXT, edits }], context)
  const { probes, feeds } = lowerEdits([{ ids: ANY_TEXT, edits: ready!, last: 1 }], engine.config, {
    start: 0,
    count: 1,
  })
  const traced = engine.trace({ extent: engine.extent(1, { reach: positions }), probes, want: [point('logits')] })
  const baked = new Map<string, Sym>([
    ['offset', constant(i32([1], Int32Array.of(0)))],
    ...Object.entries(feeds).map(([name, value]) => [name, constant(value)] as const),
  ])
  return simplify(substitute(traced, baked))
}

const bytesOf = ({ shape }: WeightEntry): number => 4 * sizeOf(shape)

/** Weights inside the model's own file. */
export const inside =
  (weights: Weights): Place =>
  name => {
    const values = weights.read(name)
    return { bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
  }

/** Weights in a file `data` beside the model, one after the other; `names` grows in their order. */
export function besideModel(data: string): { place: Place; names: readonly string[] } {
  const names: string[] = []
  let end = 0
  const place: Place = (name, entry) => {
    names.push(name)
    const offset = end
    end += bytesOf(entry)
    return { location: data, offset, length: bytesOf(entry) }
  }
  return { place, names }
}

/**
 * The model with its edits as ONNX of standard operators only (operator set 21): input `input` int32 [batch, time],
 * output `logits` float32 [batch, time, vocabulary]. `data` is the name of the file beside it for weights above 256 MiB.
 */
export async function exportModel(
  engine: Engine,
  edits: readonly Edit[],
  positions: number,
  data: string,
  context: EditContext = {},
): Promise<Exported> {
  const graph = await exportGraph(engine, edits, positions, context)
  const { weights } = engine
  const total = weights.names.reduce((n, name) => n + bytesOf(entryOf(weights, name)), 0)
  if (total <= INSIDE_BYTES) return { model: lowerGraph(graph, weights, 'portable', inside(weights)), beside: [] }
  const { place, names } = besideModel(data)
  return { model: lowerGraph(graph, weights, 'portable', place), beside: names }
}
