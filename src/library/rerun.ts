import { z } from 'zod'
import { NULL_DRAWS } from '../heads/null-scores.ts'
import type { ResultDocument } from '../results/document.ts'
import { validate } from '../results/issue.ts'
import { specOf } from '../results/spec.ts'
import { given } from '../tasks/source.ts'
import { readParse } from '../text/parse.ts'
import { componentSchema } from '../words/component.ts'
import { HeadwiseError, type OnProgress, type Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import type { Routes } from '../words/routes.ts'
import type { Generation, Run } from '../words/run.ts'
import type { Request, Spec } from '../words/spec.ts'
import type { TaskMeasured, TaskRefused } from '../words/task-result.ts'
import type { Writes } from '../words/writes.ts'
import { compareResults, type Difference } from './compare-results.ts'
import { displayedResult } from './displayed.ts'
import type { Headwise } from './headwise.ts'
import { load } from './load.ts'
import { SWEEP_COMMANDS } from './sweep-commands.ts'
import { editFiles } from './tensors.ts'

export interface RerunOptions {
  /** Where the model lies now; default where the result says. */
  readonly model?: string
  /** Default those of the result. */
  readonly threads?: number
  /** The folder of the files that edits take values from; default the current one. */
  readonly folder?: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
  readonly note?: (text: string) => void
}

/** The result computed again, and the difference that is furthest beyond what is allowed at its place. */
export interface Rerun extends Difference {
  readonly document: ResultDocument
}

type One = Grid | Run | Generation | Writes | Routes | TaskMeasured

const count = z.number().int().nonnegative()
const parametersOf = {
  capture: z.strictObject({ sites: z.array(z.string()) }),
  generate: z.strictObject({
    maxTokens: count,
    temperature: z.number(),
    stop: z.array(z.string()),
    ignoreEnd: z.boolean(),
    topK: count.optional(),
    topP: z.number().optional(),
  }),
  writes: z.strictObject({ of: componentSchema, position: count, top: count }),
  routes: z.strictObject({ position: count, threshold: z.number() }),
  scores: z.strictObject({ null: z.strictObject({ draws: z.literal(NULL_DRAWS) }).optional() }),
  syntax: z.strictObject({ parses: z.array(z.array(z.string())), relations: z.array(z.string()).optional() }),
} as const

const parameters = <T>(schema: z.ZodType<T>, { method }: Request): T =>
  validate(schema, method?.parameters ?? {}, {
    file: 'the result',
    root: 'spec.request.method.parameters',
    code: 'rerun',
  })

const differs = (what: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(
    `The ${what} of the result is ${String(allowed)}, and here it is ${String(found)}; rerun needs the same.`,
    {
      code: 'rerun-differs',
      where,
      found,
      allowed,
    },
  )

/** What is undefined is left out. */
const stated = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as never

/** Results that were computed again, by the hash of their spec: one may have several grids. */
type Swept = Map<string, readonly Grid[]>

/** What several grids come from is computed once; of these the one of the same metric. */
async function oneOf(before: One, known: Swept, compute: () => Promise<readonly Grid[]>): Promise<Grid> {
  const { hash } = before.spec
  const grids = known.get(hash) ?? (await compute())
  known.set(hash, grids)
  const metric = before.kind === 'grid' ? before.metric : before.kind
  const found = grids.find(g => g.metric === metric)
  if (found) return found
  throw differs('metric', 'metric', grids.map(g => g.metric).join(', '), metric)
}

/** A sweep by the road of its first computation. */
const sweptAgain = (m: Headwise, before: One, known: Swept, watch: Watch): Promise<Grid> =>
  oneOf(before, known, async () => {
    const { document } = await (await m.planOfSpec(before.spec.request)).execute(watch)
    return Array.isArray(document) ? document : [document]
  })

/** The texts with their parses, as the spec holds both. */
const parsedAgain = (m: Headwise, before: One, known: Swept, watch: Watch): Promise<Grid> =>
  oneOf(before, known, async () => {
    const { prompts, seed } = before.spec.request
    const { parses, relations } = parameters(parametersOf.syntax, before.spec.request)
    const texts = prompts.map(({ text = '' }, i) => ({ text, parse: readParse(parses[i] ?? []) }))
    return await m.syntax(texts, { seed, ...stated({ relations }), ...watch })
  })

async function again(m: Headwise, document: One, known: Swept, o: RerunOptions): Promise<One> {
  const { request } = document.spec
  const { edits, seed } = request
  const watch = { signal: o.signal, onProgress: o.onProgress }
  const folder = o.folder ?? '.'
  const prompts = request.prompts.map(p => p.ids)
  if (SWEEP_COMMANDS.has(request.command)) return await sweptAgain(m, document, known, watch)
  switch (request.command) {
    case 'run': {
      const capture = request.method ? parameters(parametersOf.capture, request).sites : []
      const told = document.kind === 'run' && ('runs' in document ? document.runs : [document]).some(p => p.heads)
      // Captures go nowhere: they are no part of the document, but which graphs run depends on them.
      const sink = () => async () => undefined
      return (await m.run(prompts, { capture, edits, folder, attended: told, sink, ...watch })).document
    }
    case 'generate': {
      const { topK, topP, ...rest } = parameters(parametersOf.generate, request)
      return await m.generation(prompts[0] ?? [], { ...rest, ...stated({ topK, topP }), edits, seed, folder, ...watch })
    }
    case 'writes':
      return await m.writes(prompts[0] ?? [], { ...parameters(parametersOf.writes, request), edits, folder, ...watch })
    case 'routes':
      return await m.routes(prompts[0] ?? [], { ...parameters(parametersOf.routes, request), edits, folder, ...watch })
    case 'scores': {
      const { null: tested } = parameters(parametersOf.scores, request)
      const o = { prompts, seed, null: tested !== undefined, ...watch }
      return (await m.scores([request.method?.id ?? ''], o))[0]!
    }
    case 'syntax':
      return await parsedAgain(m, document, known, watch)
    case 'tasks':
      if (document.kind === 'task') return await taskAgain(m, document, watch)
      break
    default:
  }
  throw new HeadwiseError(`A result of "${request.command}" cannot be computed again by this version.`, {
    code: 'rerun-command',
    where: 'spec.request.command',
    found: request.command,
    allowed: ['run', 'generate', 'writes', 'routes', 'scores', 'syntax', 'tasks', ...SWEEP_COMMANDS].join(', '),
  })
}

/** The rows that the result holds, asked again. How they were drawn, and what was left out in that, is not done again. */
async function taskAgain(m: Headwise, before: TaskMeasured, watch: Watch): Promise<TaskMeasured> {
  const { id, title, notes, dropped, spec } = before
  const { task, seed } = spec.request
  if (!task) throw differs('task', 'spec.request.task', 'a result without one', 'none')
  const source = given(task, title, id)
  const [after] = await m.tasks({ tasks: [source], n: (task.prompts ?? task.pairs).length, seed, ...watch })
  if (!after || 'refused' in after) throw differs('number of rows', 'prompts', after?.refused, before.prompts)
  const check = { ...after.spec.check, dropped: spec.check.dropped }
  return { ...after, notes, dropped, spec: { ...after.spec, check } }
}

/** The request of the first result with the facts of the second computation; what must be equal is compared. */
function certified(before: Spec, after: Spec): Spec {
  const { request, check } = before
  for (const [what, field] of [
    ['model hash', 'modelHash'],
    ['tokenizer hash', 'tokenizerHash'],
    ['hash of the prompts', 'promptsHash'],
  ] as const)
    if (after.check[field] !== check[field])
      throw differs(what, `spec.check.${field}`, after.check[field], check[field])
  const { model, threads, device } = after.request
  return specOf({ ...request, model, threads, device }, after.check)
}

/** Files are compared before anything runs: their values decide the result. */
async function checkFiles({ request, check }: Spec, folder: string): Promise<void> {
  const now = await editFiles(request.edits, folder)
  for (const [name, hash] of Object.entries(now))
    if (check.files[name] !== hash)
      throw differs(`hash of ${name}`, `spec.check.files.${name}`, hash, check.files[name])
}

/**
 * Computes a result again from its own request and compares every number: grids and their intervals, losses,
 * log-probabilities; generated tokens must be the same. Throws `rerun-differs` when the model, the tokenizer, the
 * prompts or a file is another one.
 */
export async function rerun(document: ResultDocument, o: RerunOptions = {}): Promise<Rerun> {
  const all: readonly (One | TaskRefused)[] = Array.isArray(document) ? document : [document]
  const first = all.find(one => 'spec' in one)
  if (!first)
    throw new HeadwiseError('The result holds only tasks that the model could not be asked: nothing was computed.', {
      code: 'rerun-nothing',
      where: 'result',
      found: 'refusals',
      allowed: 'a task that was measured',
    })
  const { request, check } = first.spec
  const device = request.device === 'reference' ? 'reference' : 'cpu'
  if (device !== request.device) o.note?.(`The result was computed on ${request.device}; this is ${device}.`)
  await using m = await load(o.model ?? request.model, {
    device,
    threads: o.threads ?? request.threads,
    ...stated({ budget: request.budget, signal: o.signal, onProgress: o.onProgress, note: o.note }),
  })
  const { hash } = m.engine.weights
  if (hash !== check.modelHash) throw differs('model hash', 'spec.check.modelHash', hash, check.modelHash)
  const fresh: (One | TaskRefused)[] = []
  const known: Swept = new Map()
  for (const one of all) {
    if (!('spec' in one)) {
      fresh.push(one)
      continue
    }
    await checkFiles(one.spec, o.folder ?? '.')
    const result = await again(m, one, known, o)
    fresh.push({ ...result, spec: certified(one.spec, result.spec) })
  }
  const result = displayedResult((Array.isArray(document) ? fresh : fresh[0]) as ResultDocument)
  return { document: result, ...compareResults(document, result) }
}
