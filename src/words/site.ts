/**
 * A site is a named place in the forward pass. The axes are those of one layer's value of a batch, in order.
 * `heads` says by what the site is addressed: query heads, kv groups, or neither.
 */
export type Axis = 'batch' | 'position' | 'head' | 'group' | 'query' | 'key' | 'dimension'

export interface SiteFacts {
  readonly axes: readonly Axis[]
  readonly perLayer: boolean
  readonly heads: 'head' | 'group' | undefined
}

const stream = { axes: ['batch', 'position', 'dimension'], perLayer: true, heads: undefined } as const
const ends = { ...stream, perLayer: false } as const
const perHead = { axes: ['batch', 'position', 'head', 'dimension'], perLayer: true, heads: 'head' } as const
const perGroup = { axes: ['batch', 'position', 'group', 'dimension'], perLayer: true, heads: 'group' } as const
const perEdge = { axes: ['batch', 'head', 'query', 'key'], perLayer: true, heads: 'head' } as const

export const SITES = {
  embed: ends,
  resid_pre: stream,
  q_raw: perHead,
  k_raw: perGroup,
  q: perHead,
  k: perGroup,
  v_raw: perGroup,
  v: perGroup,
  scores: perEdge,
  pattern: perEdge,
  z: perHead,
  head_out: perHead,
  attn_sum: stream,
  attn_out: stream,
  resid_mid: stream,
  mlp_act: stream,
  mlp_sum: stream,
  mlp_out: stream,
  resid_post: stream,
  final_norm: ends,
  logits: ends,
} as const satisfies Record<string, SiteFacts>

export type Site = keyof typeof SITES
export const siteNames = Object.keys(SITES) as readonly Site[]
export const isSite = (name: string): name is Site => Object.hasOwn(SITES, name)

/** Where in the model: the stack (a decoder has one, an encoder–decoder three), the layer from 0, the site. */
export type Stack = 'decoder' | 'encoder' | 'cross' | 'vision'
export interface Point {
  readonly stack: Stack
  readonly layer: number
  readonly site: Site
}

/** Sites that stand outside the layers have layer 0 by convention. */
export const point = (site: Site, layer = 0, stack: Stack = 'decoder'): Point => ({ stack, layer, site })

/** One text for one point; the stack is written where it is not the decoder: `z@6`, `encoder.z@6`, `logits`. */
export const pointKey = ({ stack, layer, site }: Point): string =>
  `${stack === 'decoder' ? '' : `${stack}.`}${site}${SITES[site].perLayer ? `@${layer}` : ''}`

/** Whether the point lies after the last layer. */
export const isTail = ({ site }: Point): boolean => site === 'final_norm' || site === 'logits'
