import type { Client } from '../../../src/service/client.ts'
import type {
  AblateResult,
  AttentionResult,
  ChangesResult,
  EdgeResult,
  Info,
  NextResult,
  OverviewResult,
  PatternsResult,
  ProfileResult,
  RoutesResult,
  ScoresResult,
  SyntaxResult,
  TokensResult,
} from '../../../src/service/verbs.ts'
import { writeWord } from '../../../src/text/parse.ts'
import type { Component } from '../../../src/words/component.ts'
import type { EditInput } from '../../../src/words/edit.ts'
import { HeadwiseError, printable } from '../../../src/words/error.ts'
import type { Grid } from '../../../src/words/grid.ts'
import type { Spec } from '../../../src/words/spec.ts'
import type { ComponentReading } from '../../../src/words/writes.ts'
import { meanOfHeads } from '../marks/attention-row.ts'
import { mostReceiving } from '../marks/incoming.ts'
import { PICTURE_SIDE } from '../marks/map-pictures.ts'
import { count } from '../marks/number.ts'
import { editsInForce } from '../state/change-edit.ts'
import type { Edge } from '../state/edge.ts'
import { exists, type Head, headName, type Shape } from '../state/head.ts'
import { SYNTAX } from '../state/parse.ts'
import { drawOf, promptKey } from '../state/state.ts'
import type { Workbench } from '../state/store.svelte.ts'
import { choose } from '../state/update.ts'
import { Answer, type Question } from './answer.svelte.ts'
import { Continuation } from './continuation.svelte.ts'
import { mapScore, NEXT, needsScores } from './map-scores.ts'
import { type NextEffect, nextEffect } from './next-effect.ts'
import { type Passed, TokenEffects, tokenEffectsQuestion } from './token-effects.svelte.ts'

/** Patterns of more cells are read in tiles. */
const MOST_CELLS = 2 ** 21
/** Up to so many tokens the patterns of all heads follow a moving hand. */
const SHORT = 256
/** How many of the likeliest next tokens of either side are shown. */
export const TOP = 10
/** How many of the tokens that a part raises most are shown, and of those that it lowers most. */
export const WRITTEN = 5

/** How many tokens that receive most the profile tells of, and queries that attend most sharply. */
export const PROFILED = 5

/** A row of attention of the text: from its queries, or to its tokens. */
interface TextRow extends AttentionResult {
  readonly incoming: boolean
}

/** What a part of the model writes, and which it is. */
export interface Written extends ComponentReading {
  readonly of: Component
}

/** What the engine says of the page's state: every answer follows the state by itself. */
export class Live {
  readonly info = new Answer<Info>()
  readonly tokens = new Answer<TokensResult>()
  readonly next = new Answer<NextResult>()
  readonly changes = new Answer<ChangesResult>()
  readonly attention = new Answer<TextRow>()
  readonly profile = new Answer<ProfileResult>('abort')
  readonly writes = new Answer<Written>()
  readonly routes = new Answer<RoutesResult>('abort')
  readonly patterns = new Answer<PatternsResult>()
  /** The patterns of all heads: of long texts they are work that can be stopped, and that makes way. */
  readonly overviews = { short: new Answer<OverviewResult>('spare'), long: new Answer<OverviewResult>('abort') }
  readonly repeats = new Answer<ScoresResult>('abort')
  readonly here = new Answer<ScoresResult>('abort')
  readonly effects = { zero: new Answer<AblateResult>('abort'), mean: new Answer<AblateResult>('abort') }
  readonly nextEffect = new Answer<NextEffect>('abort')
  readonly syntax = new Answer<SyntaxResult>('abort')
  readonly tokenEffects = new TokenEffects()
  readonly continuation: Continuation
  client = $state.raw<Client>()
  #passed = $state.raw<Passed>()
  readonly #bench: Workbench

  constructor(bench: Workbench, client: Promise<Client>) {
    this.#bench = bench
    this.continuation = new Continuation()
    client.then(
      c => {
        this.client = c
      },
      (error: unknown) => this.info.fail(error),
    )
    $effect.root(() => {
      $effect(() => {
        if (this.info.value) bench.adopt(this.info.value.model)
      })
      $effect(() => {
        const { shape } = this
        if (!shape || this.heads.length > 0) return
        const names = bench.state.heads.map(headName).join(', ')
        bench.amend(
          choose(bench.state, { layer: 0, head: 0 }),
          `The model has no head ${names}; head 0.0 is shown instead.`,
        )
      })
      $effect(() => this.info.follow(this.#infoQuestion()))
      $effect(() => this.tokens.follow(this.#tokensQuestion()))
      $effect(() => {
        if (this.tokens.error) this.tokens.forget()
      })
      $effect(() => this.next.follow(this.#nextQuestion()))
      $effect(() => this.attention.follow(this.#attentionQuestion()))
      $effect(() => this.writes.follow(this.#writesQuestion()))
      $effect(() => this.profile.follow(this.#profileQuestion()))
      $effect(() => this.#patiently(this.routes, this.#routesQuestion()))
      $effect(() => this.patterns.follow(this.#patternsQuestion()))
      $effect(() => this.overviews.short.follow(this.#overviewQuestion('short')))
      $effect(() => {
        if (this.tokens.waiting || this.next.waiting) this.overviews.long.pause()
        else this.overviews.long.follow(this.#overviewQuestion('long'))
      })
      $effect(() => this.changes.follow(this.#changesQuestion()))
      $effect(() => this.#patiently(this.repeats, this.#scoresQuestion('repeats')))
      $effect(() => this.#patiently(this.here, this.#scoresQuestion('prompt')))
      $effect(() => this.#patiently(this.effects.zero, this.#effectQuestion('zero')))
      $effect(() => this.#patiently(this.effects.mean, this.#effectQuestion('mean')))
      $effect(() => this.#patiently(this.nextEffect, this.#nextEffectQuestion()))
      $effect(() => this.#patiently(this.syntax, this.#syntaxQuestion()))
      $effect(() => this.#patiently(this.tokenEffects, this.#tokenEffectsQuestion()))
      $effect(() => this.continuation.follow(this.client, this.ids, this.edits, this.#bench.state, this.next.waiting))
    })
  }

  readonly shape: Shape | undefined = $derived.by(() => this.info.value)
  /** The ids that the engine reads; empty before the first tokens have come. */
  readonly ids: readonly number[] = $derived.by(() => {
    const { prompt } = this.#bench.state
    // Without the prompt's tokens nothing can be told of it, and what is told of another must not stand below it.
    if (this.tokens.error) return []
    return 'ids' in prompt ? prompt.ids : (this.tokens.value?.ids ?? [])
  })
  readonly edits: readonly EditInput[] = $derived.by(() => editsInForce(this.#bench.state.edits, this.ids.length))
  /** The chosen heads that this model has. */
  readonly heads: readonly Head[] = $derived.by(() => {
    const { shape } = this
    return shape ? this.#bench.state.heads.filter(h => exists(h, shape)) : []
  })
  /** The query positions whose attention is shown. */
  readonly queries: readonly number[] = $derived.by(() => {
    const inside = this.#bench.state.queries.filter(q => q < this.ids.length)
    return inside.length > 0 || this.ids.length === 0 ? inside : [this.ids.length - 1]
  })
  /** Where routes lead, and where what is written is read: the last of the queries. */
  readonly lastQuery: number = $derived.by(() => this.queries.at(-1) ?? 0)
  /** A part that was chosen at another position is read there. */
  readonly writesAt: number = $derived.by(() => {
    const at = this.#bench.state.writes?.at
    return at !== undefined && at < this.ids.length ? at : this.lastQuery
  })
  /** The token that the query attends to most, as far as that is known. */
  readonly receiver: number | undefined = $derived.by(() => {
    const { value } = this.attention
    if (!value || value.incoming) return undefined
    const [heads = 0, time = 0] = value.weight.shape
    return mostReceiving(meanOfHeads(value.weight.data, heads, time), this.lastQuery)
  })
  readonly score = $derived.by(() => mapScore(this, this.#bench.state.score, this.#bench.state.ground))
  readonly beside = $derived.by(() => {
    const { beside, ground } = this.#bench.state
    return beside === undefined ? undefined : mapScore(this, beside, ground)
  })
  /** The scores that are shown; the state holds no second one that is the first. */
  readonly scores = $derived.by(() => (this.beside ? [this.score, this.beside] : [this.score]))

  readonly #length: 'short' | 'long' = $derived.by(() => ((this.#at?.ids.length ?? 0) > SHORT ? 'long' : 'short'))
  readonly overview: Answer<OverviewResult> = $derived.by(() => this.overviews[this.#length])

  /** Whether the patterns of the chosen heads are read whole. */
  readonly wholePatterns: boolean = $derived.by(() => this.heads.length * this.ids.length ** 2 <= MOST_CELLS)

  /** The spec of a pass over the page's prompt: what its figures carry. */
  async spec(capture: readonly string[] = []): Promise<Spec> {
    const { client, ids, edits } = this
    const { prompt, model } = this.#bench.state
    if (!client) throw new HeadwiseError('The model is not there yet.', { code: 'page', fault: 'failed' })
    const text = 'text' in prompt ? { text: prompt.text } : {}
    const params = { ids: filled(ids), edits: [...edits], capture: [...capture], ...text }
    return (await client.call('spec', params, { model })).spec
  }

  /** The effect of removing each head on the two likeliest next tokens, as the command measures it on a task. */
  async nextEffectGrid(): Promise<Grid> {
    const { client } = this
    const { prompt, model } = this.#bench.state
    const { value } = this.nextEffect
    if (!client || !value || !('text' in prompt))
      throw new HeadwiseError('This effect is saved for prompts that are texts.', { code: 'page', fault: 'failed' })
    const { first, second } = value
    const row = { text: prompt.text, answers: filled([first.text]), distractors: [second.text] }
    const task = { name: 'next token', form: 'next' as const, metric: 'logit_diff' as const, prompts: filled([row]) }
    return (await client.call('ablate', { mode: 'zero', on: { task } }, { model })).grid
  }

  /** Asks for everything that failed once more. */
  retry(): void {
    for (const answer of [this.info, this.tokens, this.next]) answer.again()
  }

  /** Long work waits until the quick answers are there. */
  #patiently<Q>(answer: { follow(question: Q | undefined): void }, question: Q | undefined): void {
    if (question === undefined || !(this.tokens.waiting || this.next.waiting)) answer.follow(question)
  }

  #question<T>(
    key: readonly unknown[],
    ask: (
      client: Client,
      o: { model: string; signal: AbortSignal; onProgress: (p: { what: string; done: number; total: number }) => void },
    ) => Promise<T>,
  ): Question<T> | undefined {
    const { client } = this
    const { model } = this.#bench.state
    if (!client || this.info.value?.model !== model) return undefined
    return { key: JSON.stringify([model, ...key]), ask: o => ask(client, { model, ...o }) }
  }

  /** The first question; without a model in the address it is for the engine's own. */
  #infoQuestion(): Question<Info> | undefined {
    const { client } = this
    if (!client) return undefined
    const { named, state } = this.#bench
    const of = named || this.info.value ? { model: state.model } : {}
    return {
      key: `info ${state.model}`,
      ask: async o => {
        const info = await client.call('info', {}, { ...of, ...o })
        if (of.model === undefined || info.models.includes(of.model)) return info
        throw new HeadwiseError(
          `The address names the model “${printable(of.model, 80)}”; this page has ${info.models.join(', ')} and opens nothing else.`,
          { code: 'model-unknown', fault: 'usage', where: 'model', found: of.model, allowed: info.models },
        )
      },
    }
  }

  #tokensQuestion(): Question<TokensResult> | undefined {
    const { prompt } = this.#bench.state
    const params = 'ids' in prompt ? { ids: [...prompt.ids] as [number, ...number[]] } : { text: prompt.text }
    return this.#question(['tokens', promptKey(prompt)], async (client, o) => {
      if ('ids' in prompt) this.#room(prompt.ids.length)
      const tokens = await client.call('tokens', params, o)
      this.#room(tokens.ids.length)
      return tokens
    })
  }

  /** Nothing is asked or drawn of a prompt that the model cannot read whole. */
  #room(tokens: number): void {
    const context = this.info.value?.context ?? Number.POSITIVE_INFINITY
    if (tokens <= context) return
    throw new HeadwiseError(
      `The prompt has ${count(tokens)} tokens and the model was made for ${count(context)}; shorten it.`,
      { code: 'prompt-too-long', fault: 'usage', where: 'prompt', found: tokens, allowed: context },
    )
  }

  #nextQuestion(): Question<NextResult> | undefined {
    const { ids, edits } = this
    const { model } = this.#bench.state
    const draw = drawOf(this.#bench.state)
    if (ids.length === 0) return undefined
    return this.#question(['next', ids, edits, draw], async (client, o) => {
      const result = await client.call('next', { ids: filled(ids), edits: [...edits], top: TOP, ...draw }, o)
      this.#passed = { model, ids, edits }
      return result
    })
  }

  /**
   * The sequence and edits of the newest answer. What else is told of a pass is asked for these, whose pass the engine
   * still has, and not for those that a moving hand is at: they cost little then, and never overtake the next token.
   */
  get #at(): Passed | undefined {
    return this.#passed?.model === this.#bench.state.model ? this.#passed : undefined
  }

  #changesQuestion(): Question<ChangesResult> | undefined {
    const at = this.#at
    if (!at || at.edits.length === 0 || this.edits.length === 0) return undefined
    const { ids, edits } = at
    return this.#question(['changes', ids, edits], (client, o) =>
      client.call('changes', { ids: filled(ids), edits: [...edits] }, o),
    )
  }

  #attentionQuestion(): Question<TextRow> | undefined {
    const { heads } = this
    const at = this.#at
    if (!at || heads.length === 0) return undefined
    const { ids, edits } = at
    const queries = this.queries.filter(q => q < ids.length)
    if (queries.length === 0) return undefined
    const { incoming } = this.#bench.state
    const of = incoming ? { keys: filled(queries) } : { queries: filled(queries) }
    return this.#question(['attention', ids, edits, heads, of], async (client, o) => ({
      ...(await client.call('attention', { ids: filled(ids), edits: [...edits], heads: filled(heads), of }, o)),
      incoming,
    }))
  }

  #profileQuestion(): Question<ProfileResult> | undefined {
    const head = this.heads.at(-1)
    const at = this.#at
    if (!at || !head) return undefined
    const { ids, edits } = at
    return this.#question(['profile', ids, edits, head], (client, o) =>
      client.call('profile', { ids: filled(ids), edits: [...edits], ...head, top: PROFILED }, o),
    )
  }

  #writesQuestion(): Question<Written> | undefined {
    const { heads, writesAt: position } = this
    const at = this.#at
    const part = this.#bench.state.writes?.of
    if (!at || (!part && heads.length === 0) || position >= at.ids.length) return undefined
    const { ids, edits } = at
    const of: Component = part ?? { heads: filled(heads) }
    return this.#question(['writes', ids, edits, of, position], async (client, o) => {
      const params = { ids: filled(ids), edits: [...edits], of, position, top: WRITTEN }
      return { of, ...(await client.call('writes', params, o)) }
    })
  }

  #routesQuestion(): Question<RoutesResult> | undefined {
    const { lastQuery: position } = this
    const { routes: threshold } = this.#bench.state
    const at = this.#at
    if (!at || threshold === undefined || position >= at.ids.length) return undefined
    const { ids, edits } = at
    return this.#question(['routes', ids, edits, position, threshold], (client, o) =>
      client.call('routes', { ids: filled(ids), edits: [...edits], position, threshold }, o),
    )
  }

  #patternsQuestion(): Question<PatternsResult> | undefined {
    const { heads } = this
    const { site } = this.#bench.state
    const at = this.#at
    if (!at || heads.length === 0 || !this.wholePatterns) return undefined
    const { ids, edits } = at
    return this.#question(['patterns', ids, edits, site, heads], (client, o) =>
      client.call('patterns', { ids: filled(ids), edits: [...edits], site, heads: filled(heads) }, o),
    )
  }

  #overviewQuestion(length: 'short' | 'long'): Question<OverviewResult> | undefined {
    const { cells, leaveFirst } = this.#bench.state
    const at = this.#at
    if (!at || cells !== 'patterns' || length !== this.#length) return undefined
    const { ids, edits } = at
    return this.#question(['overview', ids, edits, leaveFirst], (client, o) =>
      client.call('overview', { ids: filled(ids), edits: [...edits], side: PICTURE_SIDE, leaveFirst }, o),
    )
  }

  /** q, k, score and share of one cell of a head's pattern; none where the key comes after the query. */
  edgeQuestion({ layer, head }: Head, { query, key }: Edge): Question<EdgeResult> | undefined {
    const at = this.#at
    if (!at || key > query || query >= at.ids.length) return undefined
    const { ids, edits } = at
    return this.#question(['edge', ids, edits, layer, head, query, key], (client, o) =>
      client.call('edge', { ids: filled(ids), edits: [...edits], layer, head, query, key }, o),
    )
  }

  #scoresQuestion(ground: 'repeats' | 'prompt'): Question<ScoresResult> | undefined {
    const { info, ids } = this
    const known = info.value?.detectors.map(d => d.id) ?? []
    const wanted = needsScores(this.#bench.state, known)
    const needed = ground === 'repeats' ? wanted.repeats : wanted.prompt
    const detectors = ground === 'repeats' ? [...new Set([...known, ...needed])] : needed
    if (needed.length === 0 || detectors.length === 0 || (ground === 'prompt' && ids.length === 0)) return undefined
    const on = ground === 'prompt' ? { prompts: filled([filled(ids)]) } : {}
    return this.#question(['scores', detectors, on], (client, o) =>
      client.call('scores', { detectors: filled(detectors), ...on }, o),
    )
  }

  #effectQuestion(mode: 'zero' | 'mean'): Question<AblateResult> | undefined {
    const { score, beside, ground } = this.#bench.state
    if (score !== `ablate-${mode}` && beside !== `ablate-${mode}`) return undefined
    const prompts = ground === 'prompt' ? [this.ids] : this.#repeats
    if (prompts.length === 0 || prompts.some(p => p.length < 2)) return undefined
    return this.#question(['ablate', mode, prompts], (client, o) =>
      client.call('ablate', { mode, on: { prompts: filled(prompts.map(filled)) } }, o),
    )
  }

  #syntaxQuestion(): Question<SyntaxResult> | undefined {
    const { score, beside, prompt, parse, relation } = this.#bench.state
    if ((score !== SYNTAX && beside !== SYNTAX) || !parse || !('text' in prompt)) return undefined
    const words = filled(parse.map(writeWord))
    const only = relation === undefined ? {} : { relations: filled([relation]) }
    return this.#question(['syntax', prompt.text, words, only], (client, o) =>
      client.call('syntax', { text: prompt.text, parse: words, ...only }, o),
    )
  }

  /** For the two likeliest tokens without edits, whatever the edits in force are. */
  #nextEffectQuestion(): Question<NextEffect> | undefined {
    const { score, beside } = this.#bench.state
    const { shape, ids } = this
    const [first, second] = this.next.value?.tokens ?? []
    if ((score !== NEXT && beside !== NEXT) || !shape || !first || !second || this.#at?.ids !== ids) return undefined
    return this.#question(['next effect', ids, first.id, second.id], (client, o) =>
      nextEffect(client, ids, [first, second], shape, o),
    )
  }

  /** For the likeliest token without edits, whose log-probability is the bench's metric as well. */
  #tokenEffectsQuestion() {
    const { info } = this
    const [first] = this.next.value?.tokens ?? []
    const at = this.#at
    if (this.#bench.state.tint !== 'effect' || !info.value || !first || at?.ids !== this.ids) return undefined
    return tokenEffectsQuestion(this.client, info.value, at, first)
  }

  /** The random sequences that scores are taken on. */
  get #repeats(): readonly (readonly number[])[] {
    return this.repeats.value?.grids[0]?.spec.request.prompts.map(p => p.ids) ?? []
  }
}

const filled = <T>(list: readonly T[]): [T, ...T[]] => [...list] as [T, ...T[]]
