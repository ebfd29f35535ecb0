import { createRandom } from '../statistics/random.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import type { Edit, EditValue } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, SITES } from '../words/site.ts'
import { CleanValues, idsKey } from './clean.ts'
import { alike } from './cone.ts'
import { checkEdit, checkPositions, checkReplacements, type ReadyEdit, siteShape } from './edits.ts'
import type { Engine } from './engine.ts'

/** What edits need beyond the model: text to tokens for `patch {prompt}`, tensors for `{file, tensor}`. */
export interface EditContext {
  readonly encode?: (text: string) => Promise<readonly number[]>
  readonly tensor?: (file: string, name: string) => Promise<NDArray<'f32'>>
  /** The prompts among which `resample` draws. */
  readonly others?: readonly (readonly number[])[]
}

/** Wrong usage, or bad data where the value came from a file. */
const usage = (message: string, where: string, found: unknown, allowed: unknown, file?: string) =>
  new HeadwiseError(file === undefined ? message : `${file}: ${message}`, {
    code: 'edit-value',
    fault: file === undefined ? 'usage' : 'data',
    ...(file === undefined ? {} : { file }),
    where,
    found,
    allowed,
  })

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

/** A sequence whose clean values an edit takes, and which rows of it are averaged (`mean`) or none (`patch`). */
interface Source {
  readonly sequences: readonly (readonly number[])[]
  readonly meanFrom?: number
}

/**
 * The other prompts from which a value can be drawn: those of the same length, or, where there is none, longer ones,
 * whose last rows are taken. Patterns and scores need the same length.
 */
function candidates(at: Point, prompts: readonly (readonly number[])[], ids: readonly number[]) {
  const others = prompts.filter(o => o.length >= ids.length && idsKey(o) !== idsKey(ids))
  const equal = others.filter(o => o.length === ids.length)
  const perEdge = (SITES[at.site].axes as readonly string[]).includes('query')
  return equal.length > 0 || perEdge ? equal : others
}

async function sourceOf(
  edit: Edit,
  where: string,
  ids: readonly number[],
  context: EditContext,
  sample: number,
): Promise<Source | undefined> {
  if (edit.do === 'mean') {
    if (!(SITES[edit.at.site].axes as readonly string[]).includes('position'))
      throw usage(
        `${where}: a mean over positions does not exist at the site "${edit.at.site}".`,
        `${where}.at.site`,
        edit.at.site,
        'a site with positions',
      )
    return edit.reference === 'self' ? { sequences: [ids], meanFrom: 0 } : { sequences: edit.reference, meanFrom: 1 }
  }
  if (edit.do === 'patch') {
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
    return { sequences: [source] }
  }
  if (edit.do === 'resample') {
    if (edit.draws > 1)
      throw usage(
        `${where}: one run takes one draw; several draws are for a sweep over prompts.`,
        `${where}.draws`,
        edit.draws,
        1,
      )
    const others = candidates(edit.at, context.others ?? [], ids)
    if (others.length === 0)
      throw usage(
        `${where}: resample takes the value of another prompt that is as long as this one or longer, and there is none.`,
        where,
        context.others?.length ?? 0,
        'two prompts or more',
      )
    const random = createRandom(edit.seed).fork(`sample ${sample}`)
    return { sequences: [others[random.integer(others.length)]!] }
  }
  return undefined
}

/** Numbers written in the edit itself or in a file beside it. */
async function givenValue(edit: Edit, where: string, context: EditContext): Promise<NDArray<'f32'> | undefined> {
  if (edit.do !== 'add' && edit.do !== 'set') return undefined
  const { value } = edit
  if (typeof value !== 'object' || !('file' in value)) return nestedArray(value, `${where}.value`)
  if (!context.tensor)
    throw usage(`${where}: values from files are not available here.`, `${where}.value`, value.file, 'numbers')
  return await context.tensor(value.file, value.tensor)
}

/** Refuses a value that does not fit its site; numbers that the user wrote are looked at as well. */
function checkValue(
  engine: Engine,
  value: NDArray<'f32'>,
  edit: Edit,
  length: number,
  where: string,
  written: boolean,
): void {
  const file = 'value' in edit && typeof edit.value === 'object' && 'file' in edit.value ? edit.value.file : undefined
  const bad = written ? value.data.findIndex(x => !Number.isFinite(x)) : -1
  if (bad >= 0)
    throw usage(
      `${where}: the value holds ${value.data[bad]} at element ${bad}; it must be finite.`,
      where,
      value.data[bad],
      'finite numbers',
      file,
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
      file,
    )
}

/** A prompt and what is done to it. */
export interface EditedPrompt {
  readonly ids: readonly number[]
  readonly edits: readonly Edit[]
  /** Which of the prompts it is, from 0 (default): what the `samples` of an edit count. */
  readonly sample?: number
  /** How many tokens it may come to have while generating. */
  readonly reach?: number
}

/** An edit on its way to being ready: the numbers that it gives itself, or where its clean values come from. */
interface Resolved {
  readonly edit: Edit
  readonly where: string
  readonly given?: NDArray<'f32'> | undefined
  readonly source?: Source | undefined
}

/** Checks every edit and says which clean values it needs; nothing is computed. */
async function resolve(values: CleanValues, samples: readonly EditedPrompt[], context: EditContext) {
  const { engine } = values
  const resolved: Resolved[][] = []
  for (const { ids, edits, sample = 0, reach = ids.length } of samples) {
    const own: Resolved[] = []
    for (const [i, edit] of edits.entries()) {
      const where = `edits[${i}]`
      checkEdit(edit, engine.config, where)
      if (edit.samples && !edit.samples.includes(sample)) continue
      checkPositions(edit, { ids, last: ids.length, reach }, where)
      const source = await sourceOf(edit, where, ids, context, sample)
      for (const sequence of source?.sequences ?? []) values.need(edit.at, sequence)
      own.push({ edit, where, given: await givenValue(edit, where, context), source })
    }
    resolved.push(own)
  }
  return resolved
}

/** Gives every edit its value and checks it; `clean` makes those that come from clean values. */
function withValues(
  engine: Engine,
  samples: readonly EditedPrompt[],
  resolved: readonly (readonly Resolved[])[],
  clean: (at: Point, source: Source, rows: number) => NDArray<'f32'>,
): ReadyEdit[][] {
  return resolved.map((own, s) => {
    const { ids, sample = 0, reach = ids.length } = samples[s]!
    const edits = own.map(({ edit, where, given, source }): ReadyEdit => {
      const value = given ?? (source && clean(edit.at, source, ids.length))
      if (!value) return { edit }
      checkValue(engine, value, edit, ids.length, `${where}.value`, given !== undefined)
      const [from] = source?.meanFrom === undefined ? (source?.sequences ?? []) : []
      return { edit, value, ...(from?.length === ids.length ? { alike: alike(from, ids) } : {}) }
    })
    checkReplacements({ ids, edits, sample, last: ids.length, reach }, engine.config)
    return edits
  })
}

/** The last rows of a longer sequence's value. */
const lastRows = ({ shape, data }: NDArray<'f32'>, rows: number): NDArray<'f32'> =>
  shape[0]! <= rows
    ? f32(shape, data)
    : f32(shape.with(0, rows), data.subarray(data.length - (data.length / shape[0]!) * rows))

/**
 * Edits whose clean values are not there yet: `values` knows what they need. Until `ready` is called on computed values,
 * those that come from clean runs have their shape and no cells.
 */
export async function needEdits(
  values: CleanValues,
  samples: readonly EditedPrompt[],
  context: EditContext,
): Promise<{ readonly planned: ReadyEdit[][]; ready(): ReadyEdit[][] }> {
  const { engine } = values
  const resolved = await resolve(values, samples, context)
  const planned = withValues(engine, samples, resolved, (at, { meanFrom }, rows) => {
    const shape = siteShape(at, engine.config, { start: 0, count: rows }).slice(1)
    return f32(meanFrom === undefined ? shape : shape.with(0, 1), new Float32Array())
  })
  const ready = () =>
    withValues(engine, samples, resolved, (at, { sequences, meanFrom }, rows) => {
      if (meanFrom !== undefined) return values.mean(at, sequences, meanFrom)
      const value = values.get(at, sequences[0]!)
      return (SITES[at.site].axes as readonly string[]).includes('query') ? value : lastRows(value, rows)
    })
  return { planned, ready }
}

/**
 * Checks every edit of every sample and gets the values that they put in place: from the edit, from files, or from
 * clean runs. Edits of other samples are left out.
 */
export async function readyEdits(
  engine: Engine,
  samples: readonly EditedPrompt[],
  context: EditContext = {},
  signal?: AbortSignal,
): Promise<ReadyEdit[][]> {
  const values = new CleanValues(engine)
  const { ready } = await needEdits(values, samples, context)
  await values.compute(signal)
  return ready()
}

/** The same without computing anything: values that come from clean runs have their shape and no cells. */
export async function plannedEdits(engine: Engine, samples: readonly EditedPrompt[], context: EditContext = {}) {
  const { planned } = await needEdits(new CleanValues(engine), samples, context)
  return { edits: planned }
}
