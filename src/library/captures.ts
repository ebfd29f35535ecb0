import { pointsOf } from '../runs/run.ts'
import { f32, type NDArray } from '../words/arrays.ts'
import { HeadwiseError } from '../words/error.ts'
import { nearest } from '../words/nearest.ts'
import { isSite, type Point, pointKey, SITES, type Site, siteNames } from '../words/site.ts'

/** `z` (every layer) or `z@6` (one), as written. */
export interface Capture {
  readonly text: string
  readonly site: Site
  readonly layer: number | undefined
}

/** Reads a capture as it is written on the command line. Throws `capture`, which names the nearest site. */
export function parseCapture(text: string, layers: number): Capture {
  const [name = '', layer, ...rest] = text.split('@')
  const sites = siteNames.join(', ')
  const usage = (message: string, found: string, allowed: string) =>
    new HeadwiseError(message, { code: 'capture', fault: 'usage', where: text, found, allowed })
  if (!isSite(name))
    throw usage(
      `There is no site "${name}"; the nearest is ${nearest(name, siteNames)[0]}; known are ${sites}.`,
      name,
      sites,
    )
  if (layer === undefined) return { text, site: name, layer: undefined }
  if (!SITES[name].perLayer)
    throw usage(`The site ${name} stands outside the layers; write it without @${layer}.`, text, name)
  if (!/^\d{1,6}$/.test(layer) || rest.length > 0 || Number(layer) >= layers)
    throw usage(
      `${text}: the model has layers 0 to ${layers - 1}; write one after the @, as in ${name}@0.`,
      layer,
      `0 to ${layers - 1}`,
    )
  return { text, site: name, layer: Number(layer) }
}

/** Every point that the captures name, once, in the order of the layers. */
export function capturePoints(captures: readonly Capture[], layers: number): Point[] {
  const points = captures.flatMap(c => pointsOf(c.site, layers, c.layer))
  return [...new Map(points.map(p => [pointKey(p), p])).values()].sort((a, b) => a.layer - b.layer)
}

/** The capture as one array: a site of all layers is stacked along a first axis. */
export function stacked(
  { site, layer }: Capture,
  layers: number,
  captured: ReadonlyMap<string, NDArray<'f32'>>,
): NDArray<'f32'> {
  const parts = pointsOf(site, layers, layer).map(p => {
    const found = captured.get(pointKey(p))
    if (found) return found
    throw new HeadwiseError(`${pointKey(p)} was not captured in memory by this run; name it in \`capture\`.`, {
      code: 'capture-missing',
      fault: 'usage',
      where: pointKey(p),
      found: 'nothing',
      allowed: [...captured.keys()],
    })
  })
  const [first] = parts
  if (layer !== undefined || !SITES[site].perLayer) return first!
  const data = new Float32Array(parts.length * first!.data.length)
  for (const [i, part] of parts.entries()) data.set(part.data, i * first!.data.length)
  return f32([parts.length, ...first!.shape], data)
}
