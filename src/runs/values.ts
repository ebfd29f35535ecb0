import { createRandom } from '../statistics/random.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import type { Edit, EditValue } from '../words/edit.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Point, pointKey, SITES } from '../words/site.ts'
import { checkTokens, tokenFeeds } from './batch.ts'
import { checkEdit, checkPositions, checkReplacements, type ReadyEdit, siteShape } from './edits.ts'
import type { Engine, Recipe } from './engine.ts'

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

/** Which clean values are needed: points by key, for each sequence. */
class CleanValues {
  readonly #needs = new Map<string, { ids: readonly number[]; points: Map<string, Point> }>()
  readonly #values = new Map<string, NDArray<'f32'>>()

  need(at: Point, ids: readonly number[]): void {
    const key = ids.join()
    const known = this.#needs.get(key) ?? { ids, points: new Map<string, Point>() }
    known.points.set(pointKey(at), at)
    this.#needs.set(key, known)
  }

  /** One clean pass for each distinct sequence. */
  passes(engine: Engine): { readonly recipe: Recipe; readonly ids: readonly number[] }[] {
    return [...this.#needs.values()].map(({ ids, points }) => {
      checkTokens(ids, engine.config.vocab)
      return { recipe: { extent: engine.extent(ids.length), probes: [], want: [...points.values()] }, ids }
    })
  }

  async compute(engine: Engine, signal: AbortSignal | undefined): Promise<void> {
    for (const { recipe, ids } of this.passes(engine)) {
      const out = await engine.run(recipe, tokenFeeds([ids]), { signal })
      for (const point of recipe.want.map(pointKey)) {
        const value = out[point] as NDArray<'f32'>
        this.#values.set(`${point}|${ids.join()}`, f32(value.shape.slice(1), value.data))
      }
    }
  }

  /** [position, …] or [head, query, key] of one sequence. */
  get(at: Point, ids: readonly number[]): NDArray<'f32'> {
    return this.#values.get(`${pointKey(at)}|${ids.join()}`)!
  }

  /** Mean over the positions of the sequences, from position `first` on: [1, …]. */
  mean(at: Point, sequences: readonly (readonly number[])[], first: number): NDArray<'f32'> {
    const shape = this.get(at, sequences[0]!).shape.with(0, 1)
    const width = shape.reduce((n, d) => n * d, 1)
    const total = new Float64Array(width)
    let rows = 0
    for (const ids of sequences) {
      const { data } = this.get(at, ids)
      for (let t = first; t < ids.length; t++, rows++) for (let i = 0; i < width; i++) total[i]! += data[t * width + i]!
    }
    if (rows === 0)
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
}

/** A sequence whose clean values an edit takes, and which rows of it are averaged (`mean`) or none (`patch`). */
interface Source {
  readonly sequences: readonly (readonly number[])[]
  readonly meanFrom?: number
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
    const others = (context.others ?? []).filter(o => o.length === ids.length && o.join() !== ids.join())
    if (others.length === 0)
      throw usage(
        `${where}: resample takes the value of another prompt of the same length, and there is none.`,
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

function checkValue(engine: Engine, value: NDArray<'f32'>, edit: Edit, length: number, where: string): void {
  const file = 'value' in edit && typeof edit.value === 'object' && 'file' in edit.value ? edit.value.file : undefined
  const bad = value.data.findIndex(x => !Number.isFinite(x))
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

/** Checks every edit and finds out which clean values are needed; nothing is computed. */
async function resolve(engine: Engine, samples: readonly EditedPrompt[], context: EditContext) {
  const values = new CleanValues()
  const resolved: Resolved[][] = []
  for (const { ids, edits, sample = 0, reach = ids.length } of samples) {
    const own: Resolved[] = []
    for (const [i, edit] of edits.entries()) {
      const where = `edits[${i}]`
      checkEdit(edit, engine.config, where)
      if (edit.samples && !edit.samples.includes(sample)) {
        own.push({ edit, where })
        continue
      }
      checkPositions(edit, { ids, last: ids.length, reach }, where)
      const source = await sourceOf(edit, where, ids, context, sample)
      for (const sequence of source?.sequences ?? []) values.need(edit.at, sequence)
      own.push({ edit, where, given: await givenValue(edit, where, context), source })
    }
    resolved.push(own)
  }
  return { values, resolved }
}

/** Gives every edit its value and checks it; `clean` makes those that come from clean values. */
function withValues(
  engine: Engine,
  samples: readonly EditedPrompt[],
  resolved: readonly (readonly Resolved[])[],
  clean: (at: Point, source: Source) => NDArray<'f32'>,
): ReadyEdit[][] {
  return resolved.map((own, s) => {
    const { ids, sample = 0, reach = ids.length } = samples[s]!
    const edits = own.map(({ edit, where, given, source }): ReadyEdit => {
      const value = given ?? (source && clean(edit.at, source))
      if (!value) return { edit }
      checkValue(engine, value, edit, ids.length, `${where}.value`)
      return { edit, value }
    })
    checkReplacements({ ids, edits, sample, last: ids.length, reach }, engine.config)
    return edits
  })
}

/**
 * Checks every edit of every sample and gets the values that they put in place: from the edit, from files, or from
 * clean runs, one for each distinct sequence.
 */
export async function readyEdits(
  engine: Engine,
  samples: readonly EditedPrompt[],
  context: EditContext = {},
  signal?: AbortSignal,
): Promise<ReadyEdit[][]> {
  const { values, resolved } = await resolve(engine, samples, context)
  await values.compute(engine, signal)
  return withValues(engine, samples, resolved, (at, { sequences, meanFrom }) =>
    meanFrom === undefined ? values.get(at, sequences[0]!) : values.mean(at, sequences, meanFrom),
  )
}

/**
 * The same without computing anything: values that come from clean runs have their shape and no cells. `passes` are the
 * clean runs that `readyEdits` makes.
 */
export async function plannedEdits(engine: Engine, samples: readonly EditedPrompt[], context: EditContext = {}) {
  const { values, resolved } = await resolve(engine, samples, context)
  const edits = withValues(engine, samples, resolved, (at, { sequences, meanFrom }) => {
    const shape = siteShape(at, engine.config, { start: 0, count: sequences[0]!.length }).slice(1)
    return f32(meanFrom === undefined ? shape : shape.with(0, 1), new Float32Array())
  })
  return { edits, passes: values.passes(engine) }
}
