import { z } from 'zod'
import type { DecoderConfig } from '../models/config.ts'
import { HeadwiseError } from '../words/error.ts'

/** A file that the engine fetches: its address relative to the manifest, and what it must hold. */
const fileSchema = z.object({
  path: z.string().regex(/^[\w.-]+$/),
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type FetchedFile = z.infer<typeof fileSchema>

const shape = z.array(z.number().int().nonnegative())
/** Where a weight lies in the file of weights, and how it is written there. */
const placedSchema = z.object({
  name: z.string(),
  shape,
  dtype: z.string(),
  offset: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
})
export type PlacedTensor = z.infer<typeof placedSchema>

const moduleSchema = z.object({ mjs: fileSchema.shape.path, wasm: fileSchema.shape.path })

/**
 * What a page needs to run one model: made when the page is built, from a checkpoint that was opened and judged there.
 * Everything in it lies beside it under a name that changes with its contents.
 */
export const manifestSchema = z.object({
  name: z.string(),
  notice: z.string(),
  config: z.custom<DecoderConfig>(value => typeof value === 'object' && value !== null && 'layers' in value),
  weights: z.object({
    /** The content hash that the library knows the weights by. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    file: fileSchema,
    tensors: z.array(placedSchema),
  }),
  tokenizer: z.object({ file: fileSchema, config: z.record(z.string(), z.unknown()).optional() }),
  runtime: z.object({ wasm: moduleSchema, webgpu: moduleSchema }),
})
export type Manifest = z.infer<typeof manifestSchema>

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The manifest that was fetched from `address`. Throws `page-manifest`. */
export function readManifest(text: string, address: string): Manifest {
  const { data, error } = manifestSchema.safeParse(parsed(text))
  if (data) return data
  const [issue] = error.issues
  const where = issue?.path.join('.') ?? ''
  throw new HeadwiseError(`${address} does not describe a model (${where}: ${issue?.message}); build the page again.`, {
    code: 'page-manifest',
    file: address,
    where,
  })
}
