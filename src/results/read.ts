import { bad, show } from '../checkpoint/fault.ts'
import { readBounded } from '../checkpoint/files.ts'
import { parseStrictJson } from '../checkpoint/strict-json.ts'
import type { HeadwiseError } from '../words/error.ts'
import { type Grid, gridSchema } from '../words/grid.ts'
import { nearest } from '../words/nearest.ts'
import { type Routes, routesSchema } from '../words/routes.ts'
import { type Generation, generationSchema, type Run, runSchema } from '../words/run.ts'
import type { Spec } from '../words/spec.ts'
import { SPEC_VERSION } from '../words/spec-version.ts'
import { type TaskResult, taskResultSchema } from '../words/task-result.ts'
import { type Writes, writesSchema } from '../words/writes.ts'
import { MAX_RESULT_BYTES, type ResultDocument } from './document.ts'
import { flatCells, gridShape } from './grid.ts'
import { validate } from './issue.ts'
import { promptsHash, specHash } from './spec.ts'

const MAX_DEPTH = 64
const schemas = {
  grid: gridSchema,
  run: runSchema,
  generation: generationSchema,
  writes: writesSchema,
  routes: routesSchema,
  task: taskResultSchema,
} as const
type One = Grid | Run | Generation | Writes | Routes | TaskResult
const kinds = Object.keys(schemas)

/** The result in a file, checked as `readResult` does. */
export const readResultFile = (path: string): ResultDocument => readResult(readBounded(path, MAX_RESULT_BYTES), path)

/**
 * The result in a JSON text. Refuses what it cannot read whole: another kind, a newer spec, unknown keys, values that
 * do not fit the axes, hashes that do not fit the spec.
 */
export function readResult(text: string | Uint8Array, file: string): ResultDocument {
  const value = parseStrictJson(text, { file, maxBytes: MAX_RESULT_BYTES, maxDepth: MAX_DEPTH })
  if (!Array.isArray(value)) {
    const result = readOne(value, file, 'result')
    if (result.kind !== 'task') return result
    throw refuse('result-kind', file, 'result.kind', 'task', 'task in a list, as `headwise tasks` prints it')
  }
  if (value.length === 0)
    throw refuse('result-kind', file, 'result', 'an empty list', 'a result or a list of grids or tasks')
  const results = value.map((item: unknown, i) => readOne(item, file, `result[${i}]`))
  const kind = results[0]!.kind === 'task' ? 'task' : 'grid'
  for (const [i, result] of results.entries())
    if (result.kind !== kind)
      throw refuse(
        'result-kind',
        file,
        `result[${i}].kind`,
        result.kind,
        `${kind} (a list holds grids only or tasks only)`,
      )
  return results as Grid[] | TaskResult[]
}

function readOne(value: unknown, file: string, where: string): One {
  const kind = field(value, 'kind')
  const version = field(field(value, 'spec'), 'version')
  // Before anything else: a newer program may have changed every other field.
  if (typeof version === 'number' && Number.isInteger(version) && version > SPEC_VERSION)
    throw refuse(
      'result-version',
      file,
      `${where}.spec.version`,
      version,
      `up to ${SPEC_VERSION} (a newer headwise wrote this file; update to read it)`,
    )
  if (typeof kind !== 'string' || !Object.hasOwn(schemas, kind)) {
    const allowed = typeof kind === 'string' ? nearest(kind, kinds) : kinds
    throw refuse(
      'result-kind',
      file,
      `${where}.kind`,
      typeof kind === 'string' ? kind.slice(0, 80) : typeof kind,
      allowed.join(', '),
    )
  }
  const result = validate<One>(schemas[kind as keyof typeof schemas], value, {
    file,
    root: where,
    code: 'result',
  })
  if ('spec' in result) checkHashes(result.spec, file, where)
  if (result.kind === 'grid') checkCells(result, file, where)
  return result
}

function checkHashes({ request, check, hash }: Spec, file: string, where: string): void {
  const prompts = promptsHash(request.prompts)
  if (check.promptsHash !== prompts)
    throw refuse(
      'result-hash',
      file,
      `${where}.spec.check.promptsHash`,
      check.promptsHash,
      `${prompts}, the hash of the prompts in the file: it was changed by hand or in transit`,
    )
  const expected = specHash(request, check)
  if (hash !== expected)
    throw refuse(
      'result-hash',
      file,
      `${where}.spec.hash`,
      hash,
      `${expected}, the hash of the request in the file: it was changed by hand or in transit`,
    )
}

function checkCells(grid: Grid, file: string, where: string): void {
  const shape = gridShape(grid, file)
  for (const part of ['values', 'low', 'high', 'n', 'p', 'q'] as const) {
    const cells = grid[part]
    if (cells !== undefined && typeof cells !== 'number') flatCells(cells, shape, `${where}.${part}`, file)
  }
}

const field = (value: unknown, key: string): unknown =>
  value !== null && typeof value === 'object' && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined

const refuse = (code: string, file: string, where: string, found: unknown, allowed: string): HeadwiseError =>
  bad({ code, file, where, found, allowed }, `${where} is ${show(found)}; allowed: ${allowed}.`)
