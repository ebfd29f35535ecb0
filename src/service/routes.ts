import {
  informationFlowRoutes,
  type LayerParts,
  layerParts,
  ROUTE_SITES,
} from '../attribution/information-flow-routes.ts'
import { weightNames } from '../models/weight-names.ts'
import { point, pointKey, type Site } from '../words/site.ts'
import type { Pass } from './pass.ts'
import { type Checked, MAX_CELLS, type RoutesResult } from './verbs.ts'
import { checkPosition, usage } from './view.ts'

/** Routes by contribution through one pass with its edits, a layer at a time. */
export async function routesOf(
  pass: Pass,
  o: Pick<Checked<'routes'>, 'position' | 'threshold'>,
  signal: AbortSignal | undefined,
): Promise<RoutesResult> {
  const { engine, ids } = pass
  checkPosition(pass, o.position, 'position')
  const cells = engine.config.heads * ids.length ** 2
  if (cells > MAX_CELLS)
    throw usage(
      `Routes through ${ids.length} tokens need ${cells} cells of patterns at once; the most are ${MAX_CELLS}.`,
      'ids',
      cells,
      MAX_CELLS,
    )
  const layerOf = async (layer: number): Promise<LayerParts> => {
    const at = (site: Site) => point(site, layer)
    const out = await pass.inLayer(layer, ROUTE_SITES.map(at), signal)
    return layerParts(site => out.get(pointKey(at(site)))!.data, engine.weights.read(weightNames.output(layer)))
  }
  return await informationFlowRoutes(engine.config, layerOf, { ...o, signal })
}
