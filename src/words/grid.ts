import { z } from 'zod'
import { specSchema } from './spec.ts'

export const axisNames = [
  'layer',
  'head',
  'group',
  'position',
  'query',
  'key',
  'dimension',
  'prompt',
  'task',
  'model',
  'step',
  'method',
  'size',
  'x',
  'y',
  'time',
  'fixation',
  'column',
  'region',
  'relation',
] as const

/** JSON has no NaN and no infinities: they are written as these strings. `null` is a cell that was not measured. */
export type Cell = number | 'NaN' | 'Infinity' | '-Infinity' | null
export type NestedCells = Cell | NestedCells[]
/** Lists nested in axis order. The reader of results compares depth, lengths and cells with the axes. */
const cells = z.custom<NestedCells[]>(Array.isArray, 'must be a list')

/** Numbers over named axes: a head map is [layer, head], a curve [step]. `values` are nested in axis order. */
export const gridSchema = z.strictObject({
  kind: z.literal('grid'),
  axes: z
    .array(
      z.strictObject({
        name: z.enum(axisNames),
        unit: z.string().optional(),
        /** Number of entries, so that a list that lost its end is noticed. */
        size: z.number().int().nonnegative().optional(),
        labels: z.array(z.string()).optional(),
      }),
    )
    .min(1)
    .max(4),
  metric: z.string(),
  higherIsBetter: z.boolean().optional(),
  values: cells,
  low: cells.optional(),
  high: cells.optional(),
  n: z.union([z.number().int().nonnegative(), cells]).optional(),
  p: cells.optional(),
  q: cells.optional(),
  spec: specSchema,
})
export type Grid = z.infer<typeof gridSchema>
