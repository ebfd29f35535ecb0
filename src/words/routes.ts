import { z } from 'zod'
import { RESIDUALS } from './component.ts'
import { measured } from './run.ts'
import { specSchema } from './spec.ts'

const index = z.number().int().nonnegative()

/** A token's representation: the embedding (`resid_pre` of layer 0), or the residual after attention or feed-forward. */
/** What a file says decides how much is drawn, so that the number of layers is bounded. */
const nodeSchema = z.strictObject({ site: z.enum(RESIDUALS), layer: index.max(4095), position: index })
export type RouteNode = Readonly<z.infer<typeof nodeSchema>>

/** A part of the node `to` that comes from the node `from`. */
const edgeSchema = z.strictObject({
  part: z.enum(['residual', 'head', 'mlp']),
  /** Of a head only. */
  head: index.optional(),
  from: nodeSchema,
  to: nodeSchema,
  /** Share of all parts of `to`, 0 to 1. */
  contribution: measured,
})
export type RouteEdge = Readonly<z.infer<typeof edgeSchema>>

const shape = {
  /** From the node that was asked for downwards. */
  nodes: z.array(nodeSchema).min(1),
  edges: z.array(edgeSchema),
  /** Of what enters a drawn node, the share that no drawn edge stands for: mean over the nodes that parts enter, 0 to 1. */
  notDrawn: measured,
}
const graphSchema = z.strictObject(shape)
export type RouteGraph = Readonly<z.infer<typeof graphSchema>>

/** The result of `routes`. */
export const routesSchema = z.strictObject({
  kind: z.literal('routes'),
  position: index,
  /** The texts of the tokens, by position. */
  tokens: z.array(z.string()),
  /** The least contribution that is drawn. */
  threshold: z.number().positive(),
  ...shape,
  spec: specSchema,
})
export type Routes = z.infer<typeof routesSchema>
