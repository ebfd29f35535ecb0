import { informationFlowRoutes, layerParts, ROUTE_SITES } from '../attribution/information-flow-routes.ts'
import { weightNames } from '../models/weight-names.ts'
import { pointsOf, runSequence } from '../runs/run.ts'
import type { EditInput } from '../words/edit.ts'
import { HeadwiseError, type Watch } from '../words/error.ts'
import type { Routes } from '../words/routes.ts'
import { point, pointKey } from '../words/site.ts'
import { displayedResult } from './displayed.ts'
import type { Opened } from './open.ts'
import { positionIn } from './position.ts'
import { encodePrompt, type Prompt } from './prompts.ts'
import { editContext, editList, specFor } from './spec.ts'
import { editFiles } from './tensors.ts'

export interface RoutesOptions extends Watch {
  /** Default the last one. */
  readonly position?: number
  /** The least contribution that is told of, above 0; default 0.04. */
  readonly threshold?: number
  readonly edits?: readonly EditInput[]
  /** The folder of the files that edits take values from; default the current one. */
  readonly folder?: string
}

/** Information flow routes to one position, from one pass that captures every layer. */
export async function routesResult(opened: Opened, prompt: Prompt, o: RoutesOptions): Promise<Routes> {
  const { engine, budget } = opened
  const { threshold = 0.04, folder = '.', signal, onProgress } = o
  if (!(threshold > 0 && threshold <= 1))
    throw new HeadwiseError(`threshold is ${threshold}; it must be a share above 0, at most 1.`, {
      code: 'threshold',
      fault: 'usage',
      where: 'threshold',
      found: threshold,
      allowed: 'above 0, at most 1',
    })
  const edits = await editList(o.edits)
  const encoded = await encodePrompt(prompt, opened.tokenizer, signal)
  const { ids } = encoded
  const position = positionIn(ids, o.position)
  const { captured } = await runSequence(engine, ids, {
    capture: ROUTE_SITES.flatMap(site => pointsOf(site, engine.config.layers)),
    edits,
    budget,
    ...editContext(opened, folder, [encoded]),
    signal,
    onProgress,
  })
  const layerOf = async (layer: number) =>
    layerParts(
      site => captured.get(pointKey(point(site, layer)))!.data as Float32Array,
      engine.weights.read(weightNames.output(layer)),
    )
  const graph = await informationFlowRoutes(engine.config, layerOf, { position, threshold, signal })
  const method = { id: 'information-flow-routes', version: 1, parameters: { position, threshold } }
  const request = { command: 'routes', prompts: [encoded], edits, method } as const
  const spec = await specFor(opened, request, await editFiles(edits, folder))
  const tokenizer = await opened.tokenizer()
  const tokens = ids.map(id => tokenizer.tokenText(id))
  return displayedResult({ kind: 'routes', position, tokens, threshold, ...graph, spec })
}
