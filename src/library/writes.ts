import { checkBehind, checkComponent, componentWrites, pointsOfComponent } from '../attribution/component-writes.ts'
import { lowerEdits } from '../runs/edits.ts'
import { runSequence } from '../runs/run.ts'
import { readyEdits } from '../runs/values.ts'
import type { Component } from '../words/component.ts'
import type { EditInput } from '../words/edit.ts'
import type { Watch } from '../words/error.ts'
import { isTail, pointKey } from '../words/site.ts'
import type { Writes } from '../words/writes.ts'
import { displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import { positionIn } from './position.ts'
import { encodePrompt, type Prompt } from './prompts.ts'
import { editContext, editList, specFor } from './spec.ts'
import { editFiles } from './tensors.ts'

export interface WritesOptions extends Watch {
  readonly of: Component
  /** Default the last one. */
  readonly position?: number
  /** How many tokens of either side; default 10. */
  readonly top?: number
  readonly edits?: readonly EditInput[]
  /** The folder of the files that edits take values from; default the current one. */
  readonly folder?: string
}

/** What a component writes at one position, from one pass that captures what `componentWrites` needs. */
export async function writesResult(opened: Opened, prompt: Prompt, o: WritesOptions): Promise<Writes> {
  const { engine, budget } = opened
  const { of, top = 10, folder = '.', signal, onProgress } = o
  checkComponent(of, engine.config)
  const edits = await editList(o.edits)
  checkBehind(of, edits)
  const encoded = await encodePrompt(prompt, opened.tokenizer, signal)
  const { ids } = encoded
  const position = positionIn(ids, o.position)
  const context = editContext(opened, folder, [encoded])
  const capture = pointsOfComponent(of, engine.config.layers)
  const { captured } = await runSequence(engine, ids, { capture, edits, budget, ...context, signal, onProgress })
  const [ready = []] = await readyEdits(engine, [{ ids, edits: edits.filter(e => isTail(e.at)) }], context, signal)
  const tail = lowerEdits([{ ids, edits: ready, last: ids.length }], engine.config, { start: position, count: 1 })
  const at = (p: (typeof capture)[number]) => {
    const { data } = captured.get(pointKey(p))!
    const width = data.length / ids.length
    return data.subarray(position * width, (position + 1) * width)
  }
  const tokenizer = await opened.tokenizer()
  const reading = await componentWrites(engine, tokenizer, of, { at, tail }, top, signal)
  const method = {
    id: 'residual' in of ? 'logit-lens' : 'direct-effect',
    version: 1,
    parameters: { of, position, top },
  }
  const request = { command: 'writes', prompts: [encoded], edits, method } as const
  const spec = await specFor(opened, request, await editFiles(edits, folder))
  const token = tokenizer.tokenText(ids[position]!)
  return displayedResult({ kind: 'writes', of, position, token, ...reading, spec })
}
