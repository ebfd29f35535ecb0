import { parseStrictJson } from '../checkpoint/strict-json.ts'
import { type Edit, editsSchema } from '../words/edit.ts'
import { type Task, taskSchema } from '../words/task.ts'
import { type Subject, validate } from './issue.ts'

/** Edits and tasks are written by people and small programs: larger files and deeper lists are mistakes. */
export const MAX_INPUT_BYTES = 16 * 2 ** 20
const MAX_DEPTH = 64

const json = (text: string | Uint8Array, file: string): unknown =>
  parseStrictJson(text, { file, maxBytes: MAX_INPUT_BYTES, maxDepth: MAX_DEPTH })

/** Checks edits that a caller gives as objects, and fills in their defaults. `file` says where they come from. */
export const checkEdits = (edits: unknown, file: string): Edit[] =>
  validate(editsSchema, edits, { file, root: 'edits', code: 'edits', namesAreUsage: true } satisfies Subject)

/** The edits of an edits file: strict JSON (no key twice, at most 16 MiB), only known keys. */
export const parseEdits = (text: string | Uint8Array, file: string): Edit[] => checkEdits(json(text, file), file)

/** Checks a task that a caller gives as an object. */
export const checkTask = (task: unknown, file: string): Task =>
  validate(taskSchema, task, { file, root: 'task', code: 'task', namesAreUsage: true } satisfies Subject)

/** The task of a task file, by the same rules. */
export const parseTask = (text: string | Uint8Array, file: string): Task => checkTask(json(text, file), file)
