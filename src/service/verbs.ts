import { z } from 'zod'
import type { Profile } from '../heads/profile.ts'
import { ENTRY_SITES } from '../results/pattern-grid.ts'
import { MAX_WORDS } from '../text/parse.ts'
import type { NDArray } from '../words/arrays.ts'
import { componentSchema } from '../words/component.ts'
import { editsSchema } from '../words/edit.ts'
import type { Grid } from '../words/grid.ts'
import type { RouteGraph } from '../words/routes.ts'
import type { Spec } from '../words/spec.ts'
import { taskSchema } from '../words/task.ts'
import type { ComponentReading } from '../words/writes.ts'

/** Longest text that is taken, in UTF-16 units; what fits the model's context is decided after tokenisation. */
export const MAX_TEXT = 2 ** 20
/** Cells of patterns that are sent at once; larger matrices are asked for in tiles. */
export const MAX_CELLS = 2 ** 22
/** Cells along the side of a tile. */
export const TILE = 256
/** Most tokens that one continuation may have. */
export const MAX_NEW_TOKENS = 4096

const index = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 31 - 1)
const ids = z.array(index).nonempty().max(65_536)
const text = z.string().max(MAX_TEXT)

/** Edits as anybody may write them in words; tensors from files are for the command and the library. */
const edits = editsSchema
  .max(1000)
  .superRefine((list, context) => {
    for (const [i, e] of list.entries())
      if ('value' in e && typeof e.value === 'object' && 'file' in e.value)
        context.addIssue({
          code: 'custom',
          path: [i, 'value'],
          message: 'must be numbers; values from files are not taken here',
        })
  })
  .default([])

/** A token sequence and what is done to it: the address of everything that one looks at. */
const edited = { ids, edits }
const head = z.strictObject({ layer: index, head: index })
const heads = z.array(head).nonempty().max(1024)
const positions = z.array(index).nonempty().max(65_536)
const name = z.string().min(1).max(64)
const site = z.enum(ENTRY_SITES).default('pattern')

/** Which tokens may be drawn; without them every one. */
const limits = { topK: index.min(1).optional(), topP: z.number().positive().max(1).optional() }

/** What is read off a sequence as one number, in the words of `runs/metric.ts`. */
const readingSchema = z.discriminatedUnion('metric', [
  z.strictObject({ metric: z.enum(['loss', 'kl']) }),
  z.strictObject({
    metric: z.enum(['logit_diff', 'prob_diff', 'accuracy']),
    answers: positions,
    distractors: z.array(index).max(65_536),
  }),
  z.strictObject({ metric: z.literal('sequence_logprob'), from: index }),
])

/**
 * How a verb answers: `quick` ones at once (a newer call of the same lane ends the older), `long` ones as a job with
 * progress, `stream` ones piece by piece.
 */
export type Kind = 'quick' | 'long' | 'stream'

const verb = <K extends Kind, S extends z.ZodType>(kind: K, summary: string, params: S) => ({ kind, summary, params })

/** Everything that the workbench asks an engine for. Page, worker and server share this list. */
export const verbs = {
  info: verb('quick', 'the model: sizes, special tokens, detectors, notice', z.strictObject({})),
  tokens: verb(
    'quick',
    'a text as tokens, or the texts of tokens',
    z.union([z.strictObject({ text }), z.strictObject({ ids })]),
  ),
  next: verb(
    'quick',
    'the next token before and after edits, and what each position predicts',
    z.strictObject({
      ...edited,
      /** How many of the most likely tokens of either side. */
      top: z.number().int().min(1).max(100).default(10),
      /** Further tokens to tell of. */
      watch: z.array(index).max(100).default([]),
      /** Divides the logits; 1 leaves the model's own probabilities. */
      temperature: z.number().min(0.01).max(100).default(1),
      ...limits,
    }),
  ),
  metric: verb(
    'quick',
    'one number for each of several lists of edits',
    z.strictObject({ ids, runs: z.array(edits).min(1).max(1024), read: readingSchema }),
  ),
  changes: verb('quick', 'how far each head’s output z moves under the edits', z.strictObject(edited)),
  writes: verb(
    'quick',
    'heads, a feed-forward block, a neuron or a residual at one position, read through the unembedding',
    z.strictObject({
      ...edited,
      of: componentSchema,
      position: index,
      /** How many tokens of either side. */
      top: z.number().int().min(1).max(100).default(10),
    }),
  ),
  routes: verb(
    'quick',
    'from one position down through the layers: the parts whose contribution reaches a threshold',
    z.strictObject({ ...edited, position: index, threshold: z.number().min(0.001).max(1).default(0.04) }),
  ),
  patterns: verb(
    'quick',
    `whole patterns of some heads, or their scores, at most ${MAX_CELLS} cells`,
    z.strictObject({ ...edited, heads, site }),
  ),
  attention: verb(
    'quick',
    'attention from a set of queries to every key (mean), or from every query to a set of keys (sum)',
    z.strictObject({
      ...edited,
      heads,
      of: z.union([z.strictObject({ queries: positions }), z.strictObject({ keys: positions })]),
    }),
  ),
  profile: verb(
    'quick',
    'what a head’s pattern comes to: distance, entropy, the tokens that receive most, the queries that attend most sharply',
    z.strictObject({
      ...edited,
      ...head.shape,
      /** How many tokens and queries. */
      top: z.number().int().min(1).max(100).default(5),
    }),
  ),
  tile: verb(
    'quick',
    `one tile of a head’s pattern or scores, ${TILE} cells a side; at level n a cell is 2ⁿ × 2ⁿ entries`,
    z.strictObject({
      ...edited,
      ...head.shape,
      site,
      level: z.number().int().min(0).max(16),
      /** Which tile, from 0, downwards (queries) and across (keys). */
      row: index,
      column: index,
    }),
  ),
  overview: verb(
    'quick',
    'the patterns of all heads, each reduced to at most so many cells a side, which hold the largest of their entries',
    z.strictObject({
      ...edited,
      side: z.number().int().min(1).max(64).default(32),
      /** Leaves what goes to key 0 out of the cells. */
      leaveFirst: z.boolean().default(false),
    }),
  ),
  edge: verb(
    'quick',
    'q of one query, k and v of one key in a head: their score, the share of attention it becomes, and z, which it is part of',
    z.strictObject({ ...edited, ...head.shape, query: index, key: index }),
  ),
  spec: verb(
    'quick',
    'the spec of a pass: what a figure of it needs to be computed again',
    z.strictObject({ ...edited, text: text.optional(), capture: z.array(name).max(1024).default([]) }),
  ),
  scores: verb(
    'long',
    'detector scores of every head',
    z.strictObject({
      detectors: z.array(name).nonempty().max(16),
      /** Token sequences; without them random tokens said twice. */
      prompts: z.array(ids).nonempty().max(256).optional(),
      seed: index.default(0),
    }),
  ),
  syntax: verb(
    'long',
    'how far every head follows the dependency parse of a text',
    z.strictObject({
      text,
      /** A word each, form:head:relation. */
      parse: z.array(z.string().max(1024)).nonempty().max(MAX_WORDS),
      /** Only edges of these. */
      relations: z.array(name).nonempty().max(256).optional(),
      seed: index.default(0),
    }),
  ),
  ablate: verb(
    'long',
    'the effect of removing each head alone',
    z.strictObject({
      /** `resample` needs a task of two prompts or more. */
      mode: z.enum(['zero', 'mean', 'resample']),
      /** Measured on the loss of these sequences, or on a task. */
      on: z.union([
        z.strictObject({ prompts: z.array(ids).nonempty().max(256) }),
        z.strictObject({ task: taskSchema }),
      ]),
      seed: index.default(0),
    }),
  ),
  knockout: verb(
    'long',
    'the effect of each token on the log-probability of one next token: cut off from every later query',
    z.strictObject({ ...edited, next: index }),
  ),
  generate: verb(
    'stream',
    'the continuation without the edits, and with them',
    z.strictObject({
      ...edited,
      maxTokens: z.number().int().min(1).max(MAX_NEW_TOKENS),
      temperature: z.number().min(0).max(100).default(0),
      ...limits,
      seed: index.default(0),
    }),
  ),
  export: verb('long', 'the model with its edits as a single .onnx file', z.strictObject({ edits })),
} as const

export type Verb = keyof typeof verbs
export type Params<V extends Verb> = z.input<(typeof verbs)[V]['params']>
/** Parameters as checked, defaults filled in. */
export type Checked<V extends Verb> = z.output<(typeof verbs)[V]['params']>
type OfKind<K extends Kind> = { [V in Verb]: (typeof verbs)[V]['kind'] extends K ? V : never }[Verb]
export type QuickVerb = OfKind<'quick'>
export type LongVerb = OfKind<'long'>
export type StreamVerb = OfKind<'stream'>
export const isVerb = (name: string): name is Verb => Object.hasOwn(verbs, name)

type F32 = NDArray<'f32'>
type I32 = NDArray<'i32'>

export interface Info {
  /** As people would say it; all that this engine can be asked for, the first is the default. */
  readonly model: string
  readonly models: readonly string[]
  /** What the command and the library open it by. */
  readonly reference: string
  readonly specimen: boolean
  /** Whose the model is and under which terms it may be used, in a sentence or two. */
  readonly notice: string
  readonly modelHash: string
  readonly layers: number
  readonly heads: number
  /** kv groups a layer; head h belongs to group ⌊h · groups / heads⌋. */
  readonly groups: number
  readonly headDim: number
  readonly dim: number
  /** Neurons of a feed-forward block. */
  readonly mlpDim: number
  readonly vocab: number
  readonly context: number
  /** What `tokens {text}` puts in front. */
  readonly firstToken: number | null
  readonly specialTokens: readonly { readonly id: number; readonly text: string }[]
  readonly endTokens: readonly number[]
  readonly detectors: readonly { readonly id: string; readonly metric: string }[]
  readonly backend: string
  readonly threads: number
  readonly version: string
}

export interface TokenView {
  readonly id: number
  /** For display; bytes that are no whole character are written `<0xE2>`. */
  readonly text: string
  readonly special: boolean
  /**
   * Where it stands in the given text, in UTF-16 units [start, end); tokens that share a character have the same span,
   * added ones an empty span. Null when ids were given, or where the tokenizer does not keep the text as it was.
   */
  readonly span: readonly [number, number] | null
}

export interface TokensResult {
  readonly ids: readonly number[]
  readonly tokens: readonly TokenView[]
}

/** What the model says of one sequence of T tokens. */
export interface Prediction {
  /** Natural log-probability of token t + 1 after tokens 0 … t, [T − 1]. */
  readonly logprob: F32
  /** The most likely token after each position, [T]. */
  readonly best: I32
  /** Nats per token, mean over t ≥ 1; null for one token. */
  readonly loss: number | null
}

export interface NextToken {
  readonly id: number
  readonly text: string
  /** Natural log-probability after the last position. */
  readonly before: number
  /** Equal to `before` where nothing is edited. */
  readonly after: number
  readonly among: { readonly before: boolean; readonly after: boolean }
  /** Whether top-k and top-p let it be drawn. */
  readonly within: { readonly before: boolean; readonly after: boolean }
}

/** What top-k and top-p leave of the vocabulary, and the probability that it holds. */
export interface Left {
  readonly tokens: number
  readonly probability: number
}

export interface NextResult {
  /** The union of both sides’ most likely tokens, most likely before first; then the watched ones. */
  readonly tokens: readonly NextToken[]
  readonly before: Prediction
  /** Null when there are no edits. */
  readonly after: Prediction | null
  /** KL(before ‖ after) of the next token, nats; 0 when there are no edits. */
  readonly divergence: number
  /** Null without top-k and top-p. */
  readonly left: { readonly before: Left; readonly after: Left } | null
}

export interface MetricResult {
  readonly clean: number
  /** In the order of `runs`. */
  readonly values: readonly number[]
}

export interface ChangesResult {
  /** ‖z′ − z‖ / ‖z‖ over all positions, [layer, head]; NaN where z is 0. */
  readonly z: F32
}

export type WritesResult = ComponentReading

export type RoutesResult = RouteGraph

export interface PatternsResult {
  /** [heads asked for, T, T]; rows are queries. Scores: NaN where a key comes after its query, −∞ where an edge is cut. */
  readonly pattern: F32
}

export interface AttentionResult {
  /** Of queries: mean over them, by key; of keys: sum over them, by query. [heads asked for, T]. */
  readonly weight: F32
}

export type ProfileResult = Profile

export interface TileResult {
  /**
   * Mean and largest entry of each cell, [h, w]; at the matrix’s lower and right end tiles are smaller. Shares above the
   * diagonal count as 0. Of scores it is the mean of those that are finite and the one furthest from 0; there are none
   * above the diagonal, and a cell without any is NaN.
   */
  readonly mean: F32
  readonly max: F32
}

export interface OverviewResult {
  /** Largest entry of each cell, [layer, head, s, s]; rows are queries. Entries above the diagonal count as 0. */
  readonly max: F32
  /** A cell is block × block entries, at the lower and right end fewer. */
  readonly block: number
}

export interface EdgeResult {
  /** After rotary and edits, [dimension] each; k and v are those of the head’s group. */
  readonly q: F32
  readonly k: F32
  readonly v: F32
  /** Score = Σ q·k · scale, where no edit changes it: 1/√dimension. */
  readonly scale: number
  /** After the edits of scores; −∞ where the edge is knocked out. */
  readonly score: number
  /** Of the query’s row of the pattern. */
  readonly share: number
  /** Σ share·v over the keys of the row, [dimension]: z of the query before its own edits. */
  readonly mixed: F32
  /** Of the query, after its edits, [dimension]. */
  readonly z: F32
}

export interface SpecResult {
  readonly spec: Spec
}

export interface ScoresResult {
  /** One [layer, head] for each detector, in the order asked for. */
  readonly grids: readonly Grid[]
}

export interface SyntaxResult {
  /** share, accuracy and excess over the edges, [layer, head] each. */
  readonly grids: readonly Grid[]
}

export interface AblateResult {
  /** [layer, head]: metric without the head minus the clean one. */
  readonly grid: Grid
  readonly clean: number
}

export interface KnockoutResult {
  /** [key]: the log-probability with the token cut off minus as it is, nats; edits in force in both. */
  readonly grid: Grid
  /** As it is, with the edits in force. */
  readonly clean: number
}

export interface ExportResult {
  readonly name: string
  readonly bytes: Uint8Array
}

/** One token of a continuation; `end` closes a side. */
export type GeneratePiece =
  /** Without an id: what was held back of the text. */
  | { readonly side: 'before' | 'after'; readonly id: number | null; readonly text: string }
  | { readonly side: 'before' | 'after'; readonly end: true }

interface Results {
  readonly info: Info
  readonly tokens: TokensResult
  readonly next: NextResult
  readonly metric: MetricResult
  readonly changes: ChangesResult
  readonly writes: WritesResult
  readonly routes: RoutesResult
  readonly patterns: PatternsResult
  readonly attention: AttentionResult
  readonly profile: ProfileResult
  readonly tile: TileResult
  readonly overview: OverviewResult
  readonly edge: EdgeResult
  readonly spec: SpecResult
  readonly scores: ScoresResult
  readonly syntax: SyntaxResult
  readonly ablate: AblateResult
  readonly knockout: KnockoutResult
  readonly export: ExportResult
  /** Each piece of the stream. */
  readonly generate: GeneratePiece
}
export type Result<V extends Verb> = Results[V]
