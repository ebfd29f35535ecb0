import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { readJsonObject } from '../checkpoint/files.ts'
import { placeWeights } from '../checkpoint/layout.ts'
import { openModel } from '../checkpoint/reference.ts'
import { prepareWeights } from '../checkpoint/weight-cache.ts'
import { familyOf } from '../models/families/index.ts'
import { HeadwiseError } from '../words/error.ts'
import type { FetchedFile, Manifest } from './manifest.ts'

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A name that changes with the contents, so that browsers may keep the file for ever. */
export async function hashedName(path: string): Promise<string> {
  const suffix = extname(path)
  return `${basename(path, suffix)}-${(await sha256Of(path)).slice(0, 12)}${suffix}`
}

const fetched = async (path: string): Promise<FetchedFile> => ({
  path: await hashedName(path),
  bytes: statSync(path).size,
  sha256: await sha256Of(path),
})

/** A manifest without the runtime's files, and the files that it names, by their place on this machine. */
export interface Described {
  readonly manifest: Omit<Manifest, 'runtime'>
  readonly files: ReadonlyMap<string, string>
}

const CONFIG_BYTES = 4 * 2 ** 20

/** Opens and judges a checkpoint, and describes it for pages. Runs in Node, when a page is built. */
export async function describeModel(folder: string, name: string, notice: string): Promise<Described> {
  const source = await openModel(folder)
  const { tokenizerJson, tokenizerConfig } = source.companions
  const [weightsFile, another] = source.files
  if (weightsFile === undefined || another !== undefined || tokenizerJson === undefined)
    throw new HeadwiseError(`${source.file} is no folder with one safetensors file and a tokenizer.json.`, {
      code: 'page-model',
      file: source.file,
      found: source.files.length,
      allowed: 'one safetensors file',
    })
  const family = familyOf(source)
  const config = family.config(source)
  const layout = family.layout(config, source)
  const { hash } = await prepareWeights(source, layout)
  const tensors = placeWeights(source, layout).map(({ entry: { name, shape }, tensor }) => {
    const { dtype, offset, bytes } = tensor
    return { name, shape: [...shape], dtype, offset, bytes }
  })
  const [weights, tokenizer] = [await fetched(weightsFile), await fetched(tokenizerJson)]
  return {
    manifest: {
      name,
      notice,
      config,
      weights: { hash, file: weights, tensors },
      tokenizer: {
        file: tokenizer,
        ...(tokenizerConfig && { config: { ...readJsonObject(tokenizerConfig, { maxBytes: CONFIG_BYTES }) } }),
      },
    },
    files: new Map([
      [weights.path, weightsFile],
      [tokenizer.path, tokenizerJson],
    ]),
  }
}
