import type { Component } from '../../../src/words/component.ts'

/** What the panel Writes can show in place of the chosen heads. */
export type Part = Exclude<Component, { heads: unknown }>

/** A part and, where it was chosen at a position of its own, that position; else it is read at the query. */
export interface PartShown {
  readonly of: Part
  readonly at?: number
}

/** The kinds that one can choose, in the order of the pass. */
export const PART_KINDS = ['embed', 'mid', 'mlp', 'neuron', 'resid'] as const
export type PartKind = (typeof PART_KINDS)[number]

const RESIDUALS = { embed: 'resid_pre', mid: 'resid_mid', resid: 'resid_post' } as const
type Residual = keyof typeof RESIDUALS
const isResidual = (kind: PartKind): kind is Residual => Object.hasOwn(RESIDUALS, kind)

export function kindOf(part: Part): PartKind {
  if ('mlp' in part) return 'mlp'
  if ('neuron' in part) return 'neuron'
  return (Object.keys(RESIDUALS) as Residual[]).find(k => RESIDUALS[k] === part.residual) ?? 'resid'
}
export const layerOf = (part: Part): number =>
  'mlp' in part ? part.mlp : 'neuron' in part ? part.neuron.layer : part.layer

/** The part of that kind in a layer. */
export function partOf(kind: PartKind, layer: number, neuron = 0): Part {
  if (isResidual(kind)) return { residual: RESIDUALS[kind], layer: kind === 'embed' ? 0 : layer }
  return kind === 'mlp' ? { mlp: layer } : { neuron: { layer, neuron } }
}

/** `embed`, `mid5`, `mlp5`, `neuron5.123`, `resid5`: as in the address. */
export function partName(part: Part): string {
  const kind = kindOf(part)
  if (kind === 'embed') return kind
  return `${kind}${layerOf(part)}${'neuron' in part ? `.${part.neuron.neuron}` : ''}`
}

/** As one would say it: “Feed-forward 5”, “After layer 5”. */
export function partTitle(part: Part): string {
  const kind = kindOf(part)
  if (kind === 'embed') return 'Embedding'
  const said = { mid: 'After attention', mlp: 'Feed-forward', neuron: 'Neuron', resid: 'After layer' }
  return `${said[kind]} ${partName(part).slice(kind.length)}`
}

/** The block that made a residual of the one before it. */
export function blockBefore(part: Part): string | undefined {
  const kind = kindOf(part)
  if (kind === 'mid') return `attention ${layerOf(part)}`
  return kind === 'resid' ? `feed-forward ${layerOf(part)}` : undefined
}

/** `mlp5`, or `mlp5@7` at a position of its own. */
export const writePart = ({ of, at }: PartShown): string => `${partName(of)}${at === undefined ? '' : `@${at}`}`

const N = '(0|[1-9]\\d{0,5})'
const WRITTEN = new RegExp(`^(?:(embed)|(mid|mlp|resid)${N}|neuron${N}\\.${N})(?:@${N})?$`)

/** The part of that name; undefined where the text is none. */
export function readPart(text: string): PartShown | undefined {
  const found = WRITTEN.exec(text)
  if (!found) return undefined
  const [, embed, kind, layer, neuronLayer, neuron, at] = found
  const of = embed
    ? partOf('embed', 0)
    : kind === undefined
      ? partOf('neuron', Number(neuronLayer), Number(neuron))
      : partOf(kind as PartKind, Number(layer))
  return { of, ...(at === undefined ? {} : { at: Number(at) }) }
}
