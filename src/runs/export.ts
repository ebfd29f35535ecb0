import { constant } from '../graph/primitives/leaf.ts'
import { simplify } from '../graph/simplify.ts'
import { substitute } from '../graph/substitute.ts'
import type { Sym } from '../graph/sym.ts'
import { lowerGraph, type Place } from '../runtime/onnx.ts'
import { i32 } from '../words/arrays.ts'
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
const LENGTH_ONE = [0]

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
  refuse(edits)
  const [ready] = await readyEdits(engine, [{ ids: LENGTH_ONE, edits }], context)
  const { probes, feeds } = lowerEdits([{ ids: LENGTH_ONE, edits: ready!, last: 1 }], engine.config, {
    start: 0,
    count: 1,
  })
  const traced = engine.trace({ extent: engine.extent(1, { reach: positions }), probes, want: [point('logits')] })
  const baked = new Map<string, Sym>([
    ['offset', constant(i32([1], Int32Array.of(0)))],
    ...Object.entries(feeds).map(([name, value]) => [name, constant(value)] as const),
  ])
  const graph = simplify(substitute(traced, baked))
  const { weights } = engine
  const size = (name: string) => 4 * weights.entry(name)!.shape.reduce((n, d) => n * d, 1)
  const inside = weights.names.reduce((n, name) => n + size(name), 0) <= INSIDE_BYTES
  const beside: string[] = []
  let end = 0
  const place: Place = name => {
    if (inside) {
      const values = weights.read(name)
      return { bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
    }
    beside.push(name)
    const offset = end
    end += size(name)
    return { location: data, offset, length: size(name) }
  }
  return { model: lowerGraph(graph, weights, 'portable', place), beside }
}
