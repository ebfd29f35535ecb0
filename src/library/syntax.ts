import { edgeMeasures, MEASURES, type SyntaxEdge, syntaxEdges } from '../heads/syntax.ts'
import { type Measured, type RelationScore, relationScores } from '../heads/syntax-relations.ts'
import { gridOf } from '../results/grid.ts'
import { pointsOf, runSequence } from '../runs/run.ts'
import { bootstrapGrid } from '../statistics/bootstrap.ts'
import { type Parse, writeWord } from '../text/parse.ts'
import { tokenSpans } from '../text/token-spans.ts'
import { wordTokens } from '../text/word-tokens.ts'
import { HeadwiseError, throwIfAborted, type Watch } from '../words/error.ts'
import type { Grid } from '../words/grid.ts'
import { SITES } from '../words/site.ts'
import type { Spec } from '../words/spec.ts'
import { displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import { editContext, specFor } from './spec.ts'

/** A text and the dependency parse of all its words, by whomever. */
export interface ParsedText {
  readonly text: string
  readonly parse: Parse
}

export interface SyntaxOptions extends Watch {
  /** Only edges of these relations; `nsubj` is also `nsubj:pass`. */
  readonly relations?: readonly string[]
  readonly seed?: number
}

/** With fewer sentences the intervals are over edges: a few sentences drawn again and again tell nothing of others. */
const LEAST_SENTENCES = 10
const DRAWS = 10_000

const METRICS: Readonly<Record<(typeof MEASURES)[number], string>> = {
  share: 'mean share of attention along dependency edges',
  accuracy: 'share of dependency edges whose later word attends most to the earlier one',
  excess: 'mean share of attention along dependency edges beyond that of the earlier words',
}

/** A text made ready: its ids, the tokens of each word, and the edges that are measured. */
interface Ready {
  readonly text: string
  readonly ids: readonly number[]
  readonly tokens: readonly (readonly number[])[]
  readonly edges: readonly SyntaxEdge[]
}

/**
 * How far each head follows the parses: grids [layer, head] of `share`, `accuracy` and `excess`, means over edges with
 * 95% intervals over sentences (over edges where there are fewer than 10 sentences); and, where relations are frequent
 * enough, [relation, method]: the accuracy of a relation's best head and of its best fixed offset, both chosen on every
 * other sentence and measured on the rest, and their difference. `n` counts edges.
 */
export async function syntaxGrids(
  opened: Opened,
  texts: readonly ParsedText[],
  { relations, seed = 0, ...o }: SyntaxOptions = {},
): Promise<Grid[]> {
  const { layers, heads } = opened.engine.config
  const ready = await readyTexts(opened, texts, relations, o)
  const edges = numbered(ready)
  if (edges.length === 0) throw noEdges(texts, relations)
  const values = await measured(opened, ready, edges.length, o)
  const sentences = new Set(edges.map(e => e.sentence)).size
  const over = sentences < LEAST_SENTENCES ? 'edges' : 'sentences'
  const clusters = over === 'sentences' ? edges.map(e => e.sentence) : undefined
  const spec = await specFor(opened, {
    command: 'syntax',
    prompts: ready.map(({ ids, text }) => ({ ids, text })),
    seed,
    method: {
      id: 'dependency-edges',
      version: 1,
      parameters: { parses: texts.map(t => t.parse.map(writeWord)), ...(relations && { relations: [...relations] }) },
    },
  })
  const cells = layers * heads
  const grids = MEASURES.map((measure, m) => {
    const { mean, low, high } = bootstrapGrid(values[m]!, edges.length, cells, { clusters, seed, draws: DRAWS })
    return gridOf({
      axes: [{ name: 'layer' }, { name: 'head' }],
      shape: [layers, heads],
      values: mean,
      ...(low && high ? { low, high } : {}),
      n: edges.length,
      metric: `${METRICS[measure]}; interval over ${over}`,
      spec,
    })
  })
  const scores = over === 'sentences' ? relationScores(edges, values[1]!, cells, { seed, draws: DRAWS }) : []
  return displayedResult(scores.length === 0 ? grids : [...grids, relationGrid(scores, heads, spec)])
}

async function readyTexts(
  { engine, tokenizer: theirs }: Opened,
  texts: readonly ParsedText[],
  relations: readonly string[] | undefined,
  { signal }: Watch,
): Promise<Ready[]> {
  const tokenizer = await theirs()
  const ready: Ready[] = []
  for (const { text, parse } of texts) {
    throwIfAborted(signal)
    const ids = await tokenizer.encode(text, signal ? { signal } : {})
    engine.extent(ids.length)
    const tokens = wordTokens(text, parse, tokenSpans(tokenizer, ids, text))
    ready.push({ text, ids, tokens, edges: syntaxEdges(parse, tokens, relations) })
  }
  return ready
}

/** The edges of all texts, with sentences that count through. */
function numbered(texts: readonly Ready[]): Measured[] {
  let before = 0
  return texts.flatMap(({ edges }) => {
    const known = new Map<number, number>()
    const all = edges.map(e => {
      const sentence = known.get(e.sentence) ?? before + known.size
      known.set(e.sentence, sentence)
      return { ...e, sentence }
    })
    before += known.size
    return all
  })
}

/** Every measure of every edge in every head, each [edge, layer · heads + head]. */
async function measured(
  opened: Opened,
  texts: readonly Ready[],
  edges: number,
  { signal, onProgress }: Watch,
): Promise<Float32Array[]> {
  const { engine, budget } = opened
  const { layers, heads } = engine.config
  const cells = layers * heads
  const bytes = 4 * MEASURES.length * edges * cells
  if (bytes > budget)
    throw new HeadwiseError(
      `${edges} edges in ${cells} heads are ${(bytes / 2 ** 30).toFixed(2)} GiB of numbers, and the budget is ${(budget / 2 ** 30).toFixed(2)} GiB; take fewer sentences or raise the budget.`,
      { code: 'budget', fault: 'usage', where: 'edges', found: bytes, allowed: budget },
    )
  const values = MEASURES.map(() => new Float32Array(edges * cells))
  const capture = pointsOf('pattern', layers)
  let first = 0
  for (const [i, { ids, tokens, edges: own }] of texts.entries()) {
    throwIfAborted(signal)
    if (own.length > 0)
      await runSequence(engine, ids, {
        capture,
        budget,
        ...editContext(opened, '.', []),
        sink: async (at, { data }) => {
          const layer = SITES[at.site].perLayer ? at.layer : 0
          for (let h = 0; h < heads; h++) {
            const start = h * ids.length ** 2
            const found = edgeMeasures({ data, start, time: ids.length }, tokens, own)
            for (const [k, x] of found.entries()) {
              const edge = first + Math.floor(k / MEASURES.length)
              values[k % MEASURES.length]![edge * cells + layer * heads + h] = x
            }
          }
        },
        signal,
        ...(texts.length === 1 && { onProgress }),
      })
    first += own.length
    if (texts.length > 1) onProgress?.({ what: 'texts', done: i + 1, total: texts.length })
  }
  return values
}

/** [relation, method] of `relationScores`; the labels say which head and which offset these are. */
function relationGrid(scores: readonly RelationScore[], heads: number, spec: Spec): Grid {
  const all = (part: 'mean' | 'low' | 'high') =>
    scores.flatMap(s => [...(s[part] ?? new Float64Array(3).fill(Number.NaN))])
  return gridOf({
    axes: [
      {
        name: 'relation',
        labels: scores.map(
          ({ way, cell, offset }) => `${way}: ${Math.floor(cell / heads)}.${cell % heads}, ${offset} back`,
        ),
      },
      { name: 'method', labels: ['best head', 'best fixed offset', 'difference'] },
    ],
    shape: [scores.length, 3],
    values: all('mean'),
    low: all('low'),
    high: all('high'),
    n: scores.flatMap(({ n }) => [n, n, n]),
    metric: 'accuracy on dependency edges of sentences that did not choose head and offset; interval over sentences',
    spec,
  })
}

function noEdges(texts: readonly ParsedText[], relations: readonly string[] | undefined): HeadwiseError {
  const there = [...new Set(texts.flatMap(t => t.parse.filter(w => w.head > 0).map(w => w.relation)))].sort()
  const what = relations ? `edges of ${relations.join(', ')}` : 'edges between words of different tokens'
  return new HeadwiseError(`The parse has no ${what}; its relations are ${there.slice(0, 40).join(', ') || 'none'}.`, {
    code: 'syntax-empty',
    fault: 'usage',
    where: 'relations',
    found: relations,
    allowed: there,
  })
}
