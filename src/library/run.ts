import { inContextGain } from '../heads/in-context-gain.ts'
import type { Sink } from '../runs/body.ts'
import type { Probe } from '../runs/probe.ts'
import { runSequence, type SequenceRun } from '../runs/run.ts'
import { JUPYTER, type MediaBundle } from '../views/view.ts'
import type { NDArray } from '../words/arrays.ts'
import type { Edit, EditInput } from '../words/edit.ts'
import type { Watch } from '../words/error.ts'
import type { Pass, Run } from '../words/run.ts'
import type { Spec } from '../words/spec.ts'
import { attendedFrom, lastRows } from './attended.ts'
import { capturePoints, parseCapture, stacked } from './captures.ts'
import { bundleOf, displayed, displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import type { EncodedPrompt, Prompt } from './prompts.ts'
import { editContext, editList, encodeAll, type PartialRequest, specFor } from './spec.ts'
import { editFiles } from './tensors.ts'

export interface RunOptions extends Watch {
  /** Sites as on the command line: `z` (every layer) or `z@6`. */
  readonly capture?: readonly string[]
  readonly edits?: readonly EditInput[]
  /** The folder of the files that edits take values from; default the current one. */
  readonly folder?: string
  /** Keep the logits of every position. */
  readonly allLogits?: boolean
  /** Tell which keys each head attends to most from the last position. */
  readonly attended?: boolean
  /** Takes the captures of one prompt, layer by layer, instead of keeping them. */
  readonly sink?: (prompt: number) => Sink
}

/** One prompt's pass: `get('pattern')` is the site stacked over layers, `get('z@6')` one layer of it. */
export interface PassResult extends SequenceRun {
  readonly get: (capture: string) => NDArray<'f32'>
}

export interface RunResult extends Pick<PassResult, 'logits' | 'get'> {
  readonly document: Run
  /** One for each prompt; the result's own `logits` and `get` are those of the first. */
  readonly passes: readonly PassResult[]
}

/** One pass for each prompt, with captures and edits. */
export async function runPrompts(
  opened: Opened,
  prompts: Prompt | readonly Prompt[],
  o: RunOptions,
): Promise<RunResult> {
  const { engine, budget } = opened
  const { layers } = engine.config
  const captures = (o.capture ?? []).map(c => parseCapture(c, layers))
  const encoded = await encodeAll(opened, listed(prompts), o.signal)
  const folder = o.folder ?? '.'
  const edits = await editList(o.edits)
  const reductions: Probe[] = o.attended ? lastRows(layers) : []
  const passes: PassResult[] = []
  for (const [i, { ids }] of encoded.entries()) {
    const pass = await runSequence(engine, ids, {
      capture: capturePoints(captures, layers),
      reductions,
      edits,
      allLogits: o.allLogits ?? false,
      budget,
      sample: i,
      ...editContext(opened, folder, encoded),
      ...(o.sink ? { sink: o.sink(i) } : {}),
      signal: o.signal,
      onProgress: o.onProgress,
    })
    passes.push({ ...pass, get: name => stacked(parseCapture(name, layers), layers, pass.captured) })
  }
  const spec = await runSpec(opened, encoded, { ...o, edits })
  const [first] = passes
  const document = displayedResult(await runDocument(opened, passes, spec))
  const result: RunResult = { document, passes, logits: first!.logits, get: first!.get }
  const drawn = !o.sink && o.capture?.includes('pattern')
  const tokenizer = await opened.tokenizer()
  const texts = () => first!.ids.map(id => tokenizer.tokenText(id))
  return displayed(result, () => (drawn ? withPattern(result, texts()) : bundleOf(document)))
}

/** The run, and its first prompt’s tokens with what heads attend to. */
async function withPattern({ document, get }: RunResult, texts: readonly string[]): Promise<MediaBundle> {
  const { attentionView, view } = await import('../views/index.ts')
  // The head that tells most from the last position, where that was asked for.
  const [first] = ('runs' in document ? document.runs[0] : document)?.heads ?? []
  const head = first && { head: `${first.layer}.${first.head}` }
  const [run, attention] = [view(document), attentionView(document, get('pattern'), { texts, ...head })]
  return { 'text/html': run.toHtml() + attention.toHtml(), 'text/plain': run[JUPYTER]()['text/plain']! }
}

/** The spec of such a pass, run or not. */
export const runSpec = async (
  opened: Opened,
  prompts: readonly EncodedPrompt[],
  { edits, folder = '.', capture }: Pick<RunOptions, 'folder' | 'capture'> & { readonly edits: readonly Edit[] },
): Promise<Spec> =>
  await specFor(
    opened,
    { command: 'run', prompts, edits: [...edits], ...captured(capture) },
    await editFiles(edits, folder),
  )

const captured = (capture: readonly string[] | undefined): Pick<PartialRequest, 'method'> =>
  capture?.length ? { method: { id: 'capture', version: 1, parameters: { sites: [...capture] } } } : {}

async function runDocument(opened: Opened, passes: readonly PassResult[], spec: Spec): Promise<Run> {
  const tokenizer = await opened.tokenizer()
  const documents = passes.map(
    (p): Pass => ({
      tokens: [...p.ids],
      loss: p.loss,
      top: p.top.map(({ id, logprob }) => ({ id, token: tokenizer.tokenText(id), logprob })),
      ...gain(p),
      ...attendedFrom(p, tokenizer, opened.engine.config),
    }),
  )
  const [only, second] = documents
  if (only && !second) return { kind: 'run', ...only, spec }
  const losses = documents.flatMap(d => (d.loss === null ? [] : [d.loss]))
  const loss = losses.length === 0 ? null : losses.reduce((s, x) => s + x, 0) / losses.length
  return { kind: 'run', loss, runs: documents as [Pass, ...Pass[]], spec }
}

const isPrompt = (p: Prompt | readonly Prompt[]): p is Prompt =>
  typeof p === 'string' || p.length === 0 || typeof p[0] === 'number' || (typeof p[0] === 'object' && 'role' in p[0])
const listed = (p: Prompt | readonly Prompt[]): readonly Prompt[] => (isPrompt(p) ? [p] : p)

const gain = (p: SequenceRun): { inContextGain?: number } => {
  const value = inContextGain(p.tokenLoss)
  return value === undefined ? {} : { inContextGain: value }
}
