import { informationFlowRoutes, type LayerParts } from '../attribution/information-flow-routes.ts'
import { weightNames } from '../models/weight-names.ts'
import { point, pointKey, type Site } from '../words/site.ts'
import type { Pass } from './pass.ts'
import { type Checked, MAX_CELLS, type RoutesResult } from './verbs.ts'
import { checkPosition, usage } from './view.ts'

const WANTED = ['resid_pre', 'pattern', 'v', 'z', 'resid_mid', 'mlp_out', 'resid_post'] as const satisfies Site[]

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
    const out = await pass.inLayer(
      layer,
      WANTED.map(site => point(site, layer)),
      signal,
    )
    const of = (site: (typeof WANTED)[number]) => out.get(pointKey(point(site, layer)))!.data
    return {
      residPre: of('resid_pre'),
      pattern: of('pattern'),
      v: of('v'),
      z: of('z'),
      residMid: of('resid_mid'),
      mlpOut: of('mlp_out'),
      residPost: of('resid_post'),
      output: engine.weights.read(weightNames.output(layer)),
    }
  }
  return await informationFlowRoutes(engine.config, layerOf, { ...o, signal })
}
