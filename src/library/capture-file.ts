import { type DeclaredTensor, SafetensorsWriter } from '../checkpoint/safetensors-writer.ts'
import type { Sink } from '../runs/body.ts'
import { siteShape } from '../runs/edits.ts'
import { type Point, point, SITES } from '../words/site.ts'
import { type Capture, capturePoints, parseCapture } from './captures.ts'
import type { Headwise } from './headwise.ts'
import { encodePrompt, listOfPrompts, type Prompt } from './prompts.ts'
import type { RunOptions, RunResult } from './run.ts'

interface Options extends RunOptions {
  readonly capture: readonly string[]
  readonly out: string
}

/** The tensors of the file that a point's value goes into. */
const targets = (captures: readonly Capture[], { site, layer }: Point): string[] =>
  captures.filter(c => c.site === site && (c.layer === undefined || c.layer === layer)).map(tensorName)

/** `z` for all layers, `z.6` for `z@6`. */
const tensorName = ({ site, layer }: Capture): string => (layer === undefined ? site : `${site}.${layer}`)

/** The tensors of one prompt: the logits of every position, and each capture with all its layers. */
function declare(m: Headwise, captures: readonly Capture[], time: number, prefix: string): DeclaredTensor[] {
  const { layers, vocab } = m.config
  const ofCapture = (c: Capture): DeclaredTensor => {
    const one = siteShape(point(c.site, c.layer ?? 0), m.config, { start: 0, count: time }).slice(1)
    const stacked = c.layer === undefined && SITES[c.site].perLayer
    return { name: prefix + tensorName(c), dtype: 'F32', shape: stacked ? [layers, ...one] : one }
  }
  const others = captures.filter(c => c.site !== 'logits').map(ofCapture)
  return [{ name: `${prefix}logits`, dtype: 'F32', shape: [time, vocab] }, ...others]
}

/** Runs the prompts and writes their logits and captures, layer by layer as they are computed. */
export async function runIntoFile(m: Headwise, prompts: Prompt | readonly Prompt[], o: Options): Promise<RunResult> {
  const { layers } = m.config
  const named = o.capture.map(c => parseCapture(c, layers))
  const captures = [...new Map(named.map(c => [tensorName(c), c])).values()]
  capturePoints(captures, layers)
  const all = listOfPrompts(prompts)
  const encoded = await Promise.all(all.map(p => encodePrompt(p, () => m.tokenizer(), o.signal)))
  const prefix = (i: number): string => (all === prompts ? `${i}.` : '')
  const declared = encoded.flatMap(({ ids }, i) => declare(m, captures, ids.length, prefix(i)))
  await using file = await SafetensorsWriter.create(o.out, declared)
  const sink =
    (i: number): Sink =>
    async (at, { data }) => {
      for (const name of at.site === 'logits' ? ['logits'] : targets(captures, at))
        await file.write(prefix(i) + name, data)
    }
  const result = await m.run(prompts, { ...o, capture: o.capture.filter(c => c !== 'logits'), allLogits: true, sink })
  await file.close()
  return result
}
