import { dotGraph, printGraph } from '../graph/print.ts'
import { capturePoints, parseCapture } from '../library/captures.ts'
import type { Headwise } from '../library/headwise.ts'
import { encodePrompt, firstPrompt, type Prompt } from '../library/prompts.ts'
import { tensorReader } from '../library/tensors.ts'
import { lowerEdits } from '../runs/edits.ts'
import { readyEdits } from '../runs/values.ts'
import type { Edit } from '../words/edit.ts'
import { point } from '../words/site.ts'

interface Options {
  readonly capture: readonly string[]
  readonly edits: readonly Edit[]
  readonly folder: string
  readonly form: 'text' | 'dot'
}

/** The graph of one pass over the (first) prompt, from the ids to the logits, with its captures and edits. */
export async function printedGraph(m: Headwise, prompts: Prompt | readonly Prompt[], o: Options): Promise<string> {
  const { engine, config } = m
  const tokenizer = () => m.tokenizer()
  const { ids } = await encodePrompt(firstPrompt(prompts), tokenizer)
  const context = { encode: async (text: string) => (await tokenizer()).encode(text), tensor: tensorReader(o.folder) }
  const [edits] = await readyEdits(engine, [{ ids, edits: o.edits }], context)
  const { probes } = lowerEdits([{ ids, edits: edits!, sample: 0, last: ids.length }], config, {
    start: 0,
    count: ids.length,
  })
  const captures = capturePoints(
    o.capture.map(c => parseCapture(c, config.layers)),
    config.layers,
  )
  const want = [...captures.filter(p => p.site !== 'logits'), point('logits')]
  const graph = engine.trace({ extent: engine.extent(ids.length), probes, want })
  return o.form === 'dot' ? dotGraph(graph) : printGraph(graph)
}
