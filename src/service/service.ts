import { detectors } from '../heads/detectors/index.ts'
import type { Headwise } from '../library/headwise.ts'
import { execute } from '../runs/execute.ts'
import { plan } from '../runs/plan.ts'
import { readParse } from '../text/parse.ts'
import { HeadwiseError, throwIfAborted, type Watch } from '../words/error.ts'
import { headChanges } from './changes.ts'
import { checkParams } from './check.ts'
import { Edges } from './edge.ts'
import { compareNext } from './next.ts'
import { Overview } from './overview.ts'
import { Passes } from './passes.ts'
import { Patterns } from './patterns.ts'
import { routesOf } from './routes.ts'
import { Rows } from './rows.ts'
import { tokenViews } from './token-views.ts'
import type { Checked, ExportResult, GeneratePiece, Info, MetricResult, Result, Verb } from './verbs.ts'
import { writesOf } from './writes.ts'

/** What a service knows of its model beside the weights. */
export interface ModelFacts {
  /** As it was asked for: `specimen`, or what people would call it. */
  readonly name: string
  /** What the command and the library open it by; default its name. */
  readonly reference?: string
  readonly specimen: boolean
  readonly notice: string
  readonly version: string
  /** Most bytes of activations of a sweep at once. */
  readonly budget: number
}

const MAX_SPECIAL = 1000

/** The verbs over one loaded model: the same in a page's worker and in the server's engine process. */
export class Service {
  readonly #passes: Passes
  readonly #rows = new Rows()
  readonly #patterns = new Patterns(this.#rows)
  readonly #overview = new Overview(this.#rows)
  readonly #edges = new Edges(this.#rows)

  constructor(
    readonly model: Headwise,
    readonly facts: ModelFacts,
  ) {
    const encode = async (text: string) => (await model.tokenizer()).encode(text)
    this.#passes = new Passes(model.engine, { encode })
  }

  /** Answers one call; `params` are checked here. For `generate` use `generate`. */
  async call(verb: Exclude<Verb, 'generate'>, params: unknown, watch: Watch = {}): Promise<Result<typeof verb>> {
    throwIfAborted(watch.signal)
    const answers = this.#answers[verb] as (p: unknown, w: Watch) => Promise<Result<typeof verb>>
    return await answers(checkParams(verb, params), watch)
  }

  readonly #answers: { readonly [V in Exclude<Verb, 'generate'>]: (p: Checked<V>, w: Watch) => Promise<Result<V>> } = {
    info: () => this.#info(),
    tokens: async (p, { signal }) => {
      const tokenizer = await this.model.tokenizer()
      const text = 'text' in p ? p.text : undefined
      const ids = 'ids' in p ? p.ids : await tokenizer.encode(p.text, signal ? { signal } : {})
      return tokenViews(tokenizer, this.#known(ids), text)
    },
    next: async ({ ids, edits, ...o }, watch) => {
      const before = await this.#passes.clean(ids, watch)
      const after = edits.length > 0 ? await this.#passes.edited(ids, edits, watch) : undefined
      const predicted = [await before.prediction(watch.signal), await after?.prediction(watch.signal)] as const
      for (const [i, id] of o.watch.entries()) this.#knownToken(id, `watch[${i}]`)
      return compareNext(await this.model.tokenizer(), ...predicted, o)
    },
    metric: (p, watch) => this.#metric(p, watch),
    changes: async ({ ids, edits }, watch) =>
      await headChanges(await this.#passes.edited(ids, edits, watch), watch.signal),
    writes: async ({ ids, edits, ...view }, watch) => {
      const pass = await this.#passes.edited(ids, edits, watch)
      return await writesOf(await this.model.tokenizer(), this.#rows, pass, view, watch.signal)
    },
    routes: async ({ ids, edits, ...view }, watch) =>
      await routesOf(await this.#passes.edited(ids, edits, watch), view, watch.signal),
    patterns: async ({ ids, edits, ...view }, watch) =>
      await this.#patterns.whole(await this.#passes.edited(ids, edits, watch), view, watch),
    attention: async ({ ids, edits, ...view }, watch) =>
      await this.#patterns.attention(await this.#passes.edited(ids, edits, watch), view, watch),
    profile: async ({ ids, edits, ...view }, watch) =>
      await this.#patterns.profile(await this.#passes.edited(ids, edits, watch), view, watch),
    tile: async ({ ids, edits, ...view }, watch) =>
      await this.#patterns.tile(await this.#passes.edited(ids, edits, watch), view, watch),
    overview: async ({ ids, edits, ...view }, watch) =>
      await this.#overview.all(await this.#passes.edited(ids, edits, watch), view, watch),
    edge: async ({ ids, edits, ...at }, watch) =>
      await this.#edges.edge(await this.#passes.edited(ids, edits, watch), at, watch),
    spec: async ({ ids, text, edits, capture }) => ({
      spec: await this.model.specOfRun(
        { ids: this.#known(ids), ...(text !== undefined && { text }) },
        { edits, capture },
      ),
    }),
    scores: async ({ detectors, prompts, seed }, watch) => ({
      grids: await this.model.scores(detectors, { ...(prompts && { prompts }), seed, ...watch }),
    }),
    syntax: async ({ text, parse, relations, seed }, watch) => ({
      grids: await this.model.syntax(
        { text, parse: readParse(parse) },
        { seed, ...watch, ...(relations && { relations }) },
      ),
    }),
    ablate: async ({ mode, on, seed }, watch) => {
      const planned = await this.model.planAblation({ mode, ...on, seed, signal: watch.signal })
      const { document: grid, clean } = await planned.execute(watch)
      return { grid, clean }
    },
    knockout: async ({ ids, edits, next }, { signal, ...watch }) => {
      this.#knownToken(next, 'next')
      const planned = await this.model.planKnockout({ prompts: [ids], by: 'key', edits, next: [next], signal })
      const { document: grid, clean } = await planned.execute({ signal, ...watch })
      return { grid, clean }
    },
    export: ({ edits }) => this.#export(edits),
  }

  async #info(): Promise<Info> {
    const { engine, config } = this.model
    const tokenizer = await this.model.tokenizer()
    const { layers, heads, groups, headDim, dim, mlpDim, vocab, context } = config
    const { name, reference = name, specimen, notice, version } = this.facts
    const special = [...tokenizer.specialIds].slice(0, MAX_SPECIAL)
    return {
      model: name,
      models: [name],
      reference,
      specimen,
      notice,
      modelHash: engine.weights.hash,
      layers,
      heads,
      groups,
      headDim,
      dim,
      mlpDim,
      vocab,
      context,
      firstToken: tokenizer.firstToken ?? null,
      specialTokens: special.map(id => ({ id, text: tokenizer.tokenText(id) })),
      endTokens: [...new Set([...config.endTokens, ...tokenizer.endTokens])],
      detectors: detectors.map(({ id, metric }) => ({ id, metric })),
      backend: engine.backend.name,
      threads: engine.backend.threads,
      version,
    }
  }

  #knownToken(id: number, where: string): void {
    const { vocab } = this.model.config
    if (id < vocab) return
    throw new HeadwiseError(`${where} is ${id}; the model has the ids 0 to ${vocab - 1}.`, {
      code: 'token-id',
      fault: 'usage',
      where,
      found: id,
      allowed: vocab - 1,
    })
  }

  #known(ids: readonly number[]): readonly number[] {
    for (const [i, id] of ids.entries()) this.#knownToken(id, `ids[${i}]`)
    return ids
  }

  /** Several lists of edits in one sweep. */
  async #metric({ ids, runs, read }: Checked<'metric'>, watch: Watch): Promise<MetricResult> {
    const { engine } = this.model
    const encode = async (text: string) => (await this.model.tokenizer()).encode(text)
    const planned = await plan(engine, [{ ids: [...this.#known(ids)], read }], runs, {
      budget: this.facts.budget,
      context: { encode },
    })
    const values = new Array<number>(runs.length).fill(Number.NaN)
    let clean = Number.NaN
    for await (const { run, value } of execute(planned, watch))
      if (run < 0) clean = value
      else values[run] = value
    return { clean, values }
  }

  async #export(edits: Checked<'export'>['edits']): Promise<ExportResult> {
    const { model, beside } = await this.model.export(edits, { data: 'model.onnx.data' })
    if (beside.length > 0)
      throw new HeadwiseError(
        `${this.facts.name} is too large for one .onnx file; write it with the command \`headwise export\`.`,
        { code: 'export-size', fault: 'usage', where: 'model', found: 'weights beside the model', allowed: '256 MiB' },
      )
    return { name: `${this.facts.name.replace(/[^\w.-]+/g, '-')}.onnx`, bytes: model }
  }

  /** Both continuations, a token of each in turn; the one without edits alone when there are none. */
  async *generate(params: unknown, watch: Watch = {}): AsyncGenerator<GeneratePiece> {
    const { ids, edits, ...o } = checkParams('generate', params)
    this.#known(ids)
    const side = (list: typeof edits) => this.model.generate(ids, { ...o, edits: list, signal: watch.signal })
    const sides = new Map<'before' | 'after', ReturnType<typeof side>>([['before', side([])]])
    if (edits.length > 0) sides.set('after', side(edits))
    try {
      while (sides.size > 0)
        for (const [name, steps] of sides) {
          const { done, value } = await steps.next()
          if (done) sides.delete(name)
          if (done) yield { side: name, end: true }
          else yield { side: name, id: value.id ?? null, text: value.text }
        }
    } finally {
      for (const steps of sides.values()) await steps.return(undefined)
    }
  }
}
