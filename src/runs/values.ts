import { createRandom } from '../statistics/random.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import type { Edit, EditValue } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, pointKey, SITES } from '../words/site.ts'
import { tokenFeeds } from './batch.ts'
import { checkEdit, type ReadyEdit, siteShape } from './edits.ts'
import type { Engine } from './engine.ts'

/** What edits need beyond the model: text to tokens for `patch {prompt}`, tensors for `{file, tensor}`. */
export interface EditContext {
  readonly encode?: (text: string) => Promise<readonly number[]>
  readonly tensor?: (file: string, name: string) => Promise<NDArray<'f32'>>
}

const usage = (message: string, where: string, found: unknown, allowed: unknown) =>
  new HeadwiseError(message, { code: 'edit-value', fault: 'usage', where, found, allowed })

/** A number or nested list as an array; ragged lists are refused. */
function nestedArray(value: Exclude<EditValue, { file: string }>, where: string): NDArray<'f32'> {
  const shape: number[] = []
  for (let v = value; typeof v !== 'number'; v = v[0]!) shape.push(v.length)
  const flat = (v: typeof value, depth: number): number[] => {
    if (typeof v === 'number' ? depth !== shape.length : v.length !== shape[depth])
      throw usage(`${where}: the nested list is ragged.`, where, 'rows of unequal length', 'equal lengths')
    return typeof v === 'number' ? [v] : v.flatMap(x => flat(x, depth + 1))
  }
  return f32(shape, Float32Array.from(flat(value, 0)))
}

/** One clean sample of a site as it stands in memory: [position, …] or [head, query, key]. */
async function clean(engine: Engine, at: Point, ids: readonly number[], signal?: AbortSignal): Promise<NDArray<'f32'>> {
  const out = await engine.run({ extent: engine.extent(ids.length), probes: [], want: [at] }, tokenFeeds([ids]), {
    signal,
  })
  const value = out[pointKey(at)] as NDArray<'f32'>
  return f32(value.shape.slice(1), value.data)
}

/** Mean over the positions of the sequences, from position `first` on: [1, …] without the positions. */
export async function meanOver(
  engine: Engine,
  at: Point,
  sequences: readonly (readonly number[])[],
  first: number,
  signal?: AbortSignal,
): Promise<NDArray<'f32'>> {
  let total: Float64Array | undefined
  let rows = 0
  let shape: readonly number[] = []
  for (const ids of sequences) {
    const value = await clean(engine, at, ids, signal)
    shape = value.shape.with(0, 1)
    const width = value.data.length / value.shape[0]!
    total ??= new Float64Array(width)
    for (let t = first; t < ids.length; t++, rows++)
      for (let i = 0; i < width; i++) total[i]! += value.data[t * width + i]!
  }
  if (!total || rows === 0)
    throw usage(
      `The reference for a mean has no position ${first} or later.`,
      'reference',
      'too short',
      'texts of two tokens or more',
    )
  return f32(
    shape,
    Float32Array.from(total, x => x / rows),
  )
}

async function editValue(
  engine: Engine,
  edit: Edit,
  where: string,
  batch: readonly (readonly number[])[],
  sample: number,
  context: EditContext,
  signal?: AbortSignal,
): Promise<NDArray<'f32'> | undefined> {
  const ids = batch[sample]!
  switch (edit.do) {
    case 'add':
    case 'set': {
      const { value } = edit
      if (typeof value !== 'object' || !('file' in value)) return nestedArray(value, `${where}.value`)
      if (!context.tensor)
        throw usage(`${where}: values from files are not available here.`, `${where}.value`, value.file, 'numbers')
      return await context.tensor(value.file, value.tensor)
    }
    case 'mean': {
      if (!(SITES[edit.at.site].axes as readonly string[]).includes('position'))
        throw usage(
          `${where}: a mean over positions does not exist at the site "${edit.at.site}".`,
          `${where}.at.site`,
          edit.at.site,
          'a site with positions',
        )
      return edit.reference === 'self'
        ? await meanOver(engine, edit.at, [ids], 0, signal)
        : await meanOver(engine, edit.at, edit.reference, 1, signal)
    }
    case 'patch': {
      const source =
        edit.ids ?? (edit.prompt !== undefined && context.encode ? await context.encode(edit.prompt) : undefined)
      if (!source)
        throw usage(`${where}: patch needs a prompt or ids to take the value from.`, where, 'neither', 'prompt or ids')
      if (source.length !== ids.length)
        throw usage(
          `${where}: the run to patch from has ${source.length} tokens and this one ${ids.length}; they must be equally long.`,
          where,
          source.length,
          ids.length,
        )
      return await clean(engine, edit.at, source, signal)
    }
    case 'resample': {
      const others = batch.flatMap((b, i) => (i !== sample && b.length === ids.length ? [b] : []))
      if (others.length === 0)
        throw usage(
          `${where}: resample takes the value of another prompt of the same length, and there is none.`,
          where,
          batch.length,
          'two prompts or more',
        )
      const random = createRandom(edit.seed).fork(`sample ${sample}`)
      return await clean(engine, edit.at, others[random.integer(others.length)]!, signal)
    }
    default:
      return undefined
  }
}

function checkValue(engine: Engine, value: NDArray<'f32'>, edit: Edit, length: number, where: string): void {
  const bad = value.data.findIndex(x => !Number.isFinite(x))
  if (bad >= 0)
    throw usage(
      `${where}: the value holds ${value.data[bad]} at element ${bad}; it must be finite.`,
      where,
      value.data[bad],
      'finite numbers',
    )
  const site = siteShape(edit.at, engine.config, { start: 0, count: length }).slice(1)
  const fits =
    value.shape.length <= site.length &&
    value.shape.every((d, i) => d === 1 || d === site[site.length - value.shape.length + i])
  if (!fits)
    throw usage(
      `${where}: a value of shape [${value.shape}] does not broadcast to the site "${edit.at.site}" of shape [${site}].`,
      where,
      value.shape,
      site,
    )
}

/** Checks every edit of every sample and computes the values that replacing edits need, by clean runs. */
export async function readyEdits(
  engine: Engine,
  samples: readonly { readonly ids: readonly number[]; readonly edits: readonly Edit[] }[],
  context: EditContext = {},
  signal?: AbortSignal,
): Promise<ReadyEdit[][]> {
  const batch = samples.map(s => s.ids)
  const ready: ReadyEdit[][] = []
  for (const [s, { edits }] of samples.entries()) {
    const own: ReadyEdit[] = []
    for (const [i, edit] of edits.entries()) {
      const where = `edits[${i}]`
      checkEdit(edit, engine.config, where)
      const value = await editValue(engine, edit, where, batch, s, context, signal)
      if (value) checkValue(engine, value, edit, batch[s]!.length, `${where}.value`)
      own.push(value ? { edit, value } : { edit })
    }
    ready.push(own)
  }
  return ready
}
