import type { JsonObject } from '../../checkpoint/strict-json.ts'
import { Fields } from './fields.ts'

const MAX_END_TOKENS = 1000

/** End tokens of a configuration: one id, a list of them, or none; every id must be in the vocabulary. */
export function endTokensOf(fields: Fields, key: string, vocab: number): number[] | undefined {
  const value = fields.raw(key)
  if (value === undefined) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > MAX_END_TOKENS) throw fields.fault(key, `${list.length} ids`, `at most ${MAX_END_TOKENS} ids`)
  return list.map(id => {
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < vocab) return id
    throw fields.fault(key, id, `a token id from 0 to ${vocab - 1}`)
  })
}

/** Judges what generation_config.json says about sampling, and returns its end tokens. */
export function generationEndTokens(generation: JsonObject, file: string, vocab: number): number[] | undefined {
  const fields = new Fields(file, key => generation[key])
  fields.number('temperature', { min: 0, max: 1000, absent: 1 })
  fields.int('top_k', { min: 0, max: 2 ** 31, absent: 0 })
  fields.number('top_p', { min: 0, max: 1, absent: 1 })
  return endTokensOf(fields, 'eos_token_id', vocab)
}
