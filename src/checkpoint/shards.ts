import { dirname } from 'node:path'
import { bad, show } from './fault.ts'
import { readJsonObject } from './files.ts'
import { fileNameFault, memberFile } from './folder-member.ts'
import { readSafetensors } from './safetensors.ts'
import { isObject, type JsonObject } from './strict-json.ts'
import type { StoredTensor, TensorFile } from './tensors.ts'

const INDEX_LIMITS = { maxBytes: 32 * 2 ** 20, maxDepth: 16, maxNodes: 1_000_000 }
const MAX_SHARDS = 4096

/** Tensor name → shard name, every shard a plain file name. */
function readWeightMap(index: JsonObject, file: string): Map<string, string> {
  const { weight_map: map } = index
  if (!isObject(map)) {
    const details = { code: 'index-weight-map', file, where: 'weight_map', found: show(map), allowed: 'an object' }
    throw bad(details, `weight_map is ${show(map)}, but must be an object from tensor names to file names.`)
  }
  return new Map(
    Object.entries(map).map(([tensor, shard]) => {
      const fault = typeof shard === 'string' ? fileNameFault(shard) : 'is no text'
      if (typeof shard === 'string' && fault === undefined) return [tensor, shard]
      const where = `weight_map.${tensor}`
      const details = { code: 'index-shard-name', file, where, found: shard, allowed: 'a file name in the same folder' }
      throw bad(
        details,
        `weight_map names the shard ${show(shard)} for tensor ${show(tensor)}, which ${fault}; only plain file names of the same folder are allowed.`,
      )
    }),
  )
}

/** `total_size` counts the bytes of all tensors; a wrong one tells of a damaged or mixed-up folder. */
function judgeTotal(index: JsonObject, file: string, actual: number): void {
  const total = isObject(index.metadata) ? index.metadata.total_size : undefined
  if (total === undefined || total === actual) return
  const details = { code: 'index-total-size', file, where: 'metadata.total_size', found: total, allowed: actual }
  throw bad(details, `metadata.total_size is ${show(total)}, but the shards hold ${actual} bytes of tensors.`)
}

/** The tensors of every shard that an index names; each tensor is the one of the shard that the index gives. */
export async function readShards(path: string): Promise<Map<string, StoredTensor>> {
  const index = readJsonObject(path, INDEX_LIMITS)
  const map = readWeightMap(index, path)
  const shards = new Set(map.values())
  if (shards.size > MAX_SHARDS) {
    const details = { code: 'index-shards', file: path, where: 'weight_map', found: shards.size, allowed: MAX_SHARDS }
    throw bad(details, `weight_map names ${shards.size} different shards, over the limit of ${MAX_SHARDS}.`)
  }
  const members = new Map<string, string>()
  for (const shard of shards) {
    const member = memberFile(dirname(path), shard)
    if (member === undefined) {
      const details = {
        code: 'index-shard-missing',
        file: path,
        where: `weight_map, ${shard}`,
        found: 'nothing',
        allowed: shard,
      }
      throw bad(details, `the shard ${show(shard)} is missing in the folder.`)
    }
    members.set(shard, member)
  }
  const files = new Map<string, TensorFile>()
  for (const [shard, member] of members) files.set(shard, await readSafetensors(member))
  const tensors = new Map<string, StoredTensor>()
  for (const [name, shard] of map) {
    const tensor = files.get(shard)?.tensors.get(name)
    if (tensor === undefined) {
      const details = {
        code: 'index-tensor-missing',
        file: path,
        where: `weight_map.${name}`,
        found: 'nothing',
        allowed: shard,
      }
      throw bad(details, `the index places tensor ${show(name)} in ${show(shard)}, which does not hold it.`)
    }
    tensors.set(name, tensor)
  }
  judgeTotal(
    index,
    path,
    [...tensors.values()].reduce((n, t) => n + t.bytes, 0),
  )
  return tensors
}
