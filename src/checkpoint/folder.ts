import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bad, show } from './fault.ts'
import { readJsonObject, systemFault } from './files.ts'
import { memberFile } from './folder-member.ts'
import { readSafetensors } from './safetensors.ts'
import { readShards } from './shards.ts'
import type { Companions, TensorSource } from './source.ts'
import type { JsonObject } from './strict-json.ts'
import type { StoredTensor } from './tensors.ts'

const CONFIG_LIMITS = { maxBytes: 4 * 2 ** 20, maxDepth: 32, maxNodes: 200_000 }

const readMember = (folder: string, name: string): JsonObject | undefined => {
  const path = memberFile(folder, name)
  return path === undefined ? undefined : readJsonObject(path, CONFIG_LIMITS)
}

function companionsOf(folder: string): Companions {
  const named = {
    tokenizerJson: memberFile(folder, 'tokenizer.json'),
    tokenizerConfig: memberFile(folder, 'tokenizer_config.json'),
    generationConfig: memberFile(folder, 'generation_config.json'),
    chatTemplate: memberFile(folder, 'chat_template.jinja'),
  }
  return Object.fromEntries(Object.entries(named).filter(([, path]) => path !== undefined))
}

const CODE_FIELDS = ['auto_map', 'trust_remote_code', '_attn_implementation_internal', 'custom_pipelines']

/** Fields that name code or other repositories are never followed; the user hears of it once. */
function codeNotes(config: JsonObject): string[] {
  const named = CODE_FIELDS.filter(field => field in config)
  return named.length === 0 ? [] : [`config.json names code (${named.join(', ')}); headwise never fetches or runs it.`]
}

const missing = (folder: string, name: string, why: string) =>
  bad(
    { code: 'file-missing', file: folder, where: name, found: 'nothing', allowed: name },
    `${name} is missing; ${why}.`,
  )

/** A source of the safetensors whose headers were read, with the configuration beside them. */
function sourceOf(folder: string, tensors: ReadonlyMap<string, StoredTensor>, file: string): TensorSource {
  const config = readMember(folder, 'config.json')
  if (config === undefined) throw missing(folder, 'config.json', 'it says how the weights are put together')
  const generation = readMember(folder, 'generation_config.json')
  const companions = companionsOf(folder)
  return {
    format: 'safetensors',
    file,
    folder,
    tensors,
    config,
    ...(generation && { generation }),
    files: [...new Set([...tensors.values()].map(t => t.file))],
    companions,
    notes: codeNotes(config),
  }
}

/** One `.safetensors` file with the config.json beside it. */
export async function openSafetensors(path: string): Promise<TensorSource> {
  return sourceOf(dirname(path), (await readSafetensors(path)).tensors, path)
}

/** A sharded checkpoint by its `*.safetensors.index.json`. */
export async function openIndex(path: string): Promise<TensorSource> {
  return sourceOf(dirname(path), await readShards(path), path)
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    throw systemFault(error, folder, 'listing the folder')
  }
}

/** Says what a folder without safetensors holds instead. */
function noWeights(folder: string): Error {
  const names = listed(folder)
  const details = {
    code: 'no-weights',
    file: folder,
    found: names.slice(0, 20).join(', '),
    allowed: 'model.safetensors',
  }
  const gguf = names.find(n => n.endsWith('.gguf'))
  if (gguf !== undefined)
    return bad(details, `this folder holds no safetensors; give the GGUF file itself: ${join(folder, gguf)}.`)
  const pickled = names.find(n => /^pytorch_model.*\.bin$|\.(pt|pth|ckpt)$/.test(n))
  if (pickled !== undefined) {
    const why = 'which may run code when it is loaded and is never opened; convert it to safetensors first'
    return bad({ ...details, code: 'pickled-weights' }, `this folder holds only ${show(pickled)}, ${why}.`)
  }
  return bad(details, 'this folder holds neither model.safetensors nor model.safetensors.index.json.')
}

/** A Hugging Face folder: config.json and one safetensors file or an index with its shards. */
export async function openFolder(folder: string): Promise<TensorSource> {
  const single = memberFile(folder, 'model.safetensors')
  if (single !== undefined) return { ...(await openSafetensors(single)), file: folder }
  const index = memberFile(folder, 'model.safetensors.index.json')
  if (index !== undefined) return { ...(await openIndex(index)), file: folder }
  throw noWeights(folder)
}
