import type { z } from 'zod'
import { bad, show } from '../checkpoint/fault.ts'
import type { HeadwiseError } from '../words/error.ts'
import { nearest } from '../words/nearest.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** What a document is, for the sentence that refuses it. */
export interface Subject {
  readonly file: string
  /** The name of the whole, before the path: `edits`, `task`, `result`. */
  readonly root: string
  /** Stable start of the error's code: `edits-unknown-key`, … */
  readonly code: string
  /** Whether a name nobody knows (site, metric, kind of edit) is wrong usage rather than bad data. */
  readonly namesAreUsage?: boolean
}

/** The value as the schema gives it (defaults filled in), or one sentence for the first thing that is wrong. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, subject: Subject): T {
  // The message of an unknown key carries the keys that the object knows.
  const result = schema.safeParse(value, {
    error: raw => (raw.code === 'unrecognized_keys' ? knownKeys(raw.inst) : undefined),
  })
  if (result.success) return result.data
  throw issueError(result.error.issues, value, subject)
}

const knownKeys = (object: unknown): string | undefined => {
  const shape = (object as Partial<z.ZodObject> | undefined)?.shape
  return shape && Object.keys(shape).join(', ')
}

/** In the alternative of a union that came nearest to fitting. */
function issueError(issues: readonly Issue[], value: unknown, subject: Subject): HeadwiseError {
  const { issue, path } = mostTelling(issues, [])
  const found = valueAt(value, path)
  const where = pathText(path, subject.root)
  const { kind, says, allowed } = sentence(issue, found)
  const names = kind === 'unknown-name' && typeof found === 'string'
  return bad(
    {
      code: `${subject.code}-${kind}`,
      fault: names && subject.namesAreUsage ? 'usage' : 'data',
      file: subject.file,
      where,
      found: issue.code === 'unrecognized_keys' ? issue.keys[0] : found,
      allowed,
    },
    `${where} ${says}.`,
  )
}

/** `edits[2].at.site`; keys that are no plain names are quoted. */
function pathText(path: Path, root: string): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    return /^[\w-]{1,64}$/.test(name) ? `${text}.${name}` : `${text}[${show(name)}]`
  }, root)
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (at !== null && typeof at === 'object' && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  )
}

/** How far into the value an alternative fitted before it failed. */
const depth = (branch: readonly Issue[]): number =>
  Math.max(
    0,
    ...branch.map(i => i.path.length + (i.code === 'invalid_union' ? Math.max(0, ...i.errors.map(depth)) : 0)),
  )

/** Of the alternatives of a union, the one that fits most deeply, then the one with the fewest complaints. */
function mostTelling(issues: readonly Issue[], base: Path): { issue: Issue; path: Path } {
  const issue = issues[0]!
  const path = [...base, ...issue.path]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { issue, path }
  const branches = issue.errors.filter(branch => branch.length > 0)
  const best = branches.sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0]
  // When every alternative already fails at the value itself, none is nearer: name them all.
  return best && depth(best) > 0 ? mostTelling(best, path) : { issue, path }
}

interface Sentence {
  readonly kind: 'missing' | 'unknown-key' | 'unknown-name' | 'type' | 'value'
  readonly says: string
  readonly allowed: unknown
}

function sentence(issue: Issue, found: unknown): Sentence {
  const is = `is ${show(found)}`
  if (issue.code === 'unrecognized_keys')
    return {
      kind: 'unknown-key',
      says: `has the unknown key ${show(issue.keys[0])}; allowed: ${issue.message}`,
      allowed: issue.message.split(', '),
    }
  const names = namesOf(issue)
  if (found === undefined) {
    const allowed = names ?? expected(issue)
    return { kind: 'missing', says: `is missing; expected ${list(allowed)}`, allowed }
  }
  if (names) {
    const near = typeof found === 'string' ? nearest(found, names) : names
    const says =
      names.length > near.length
        ? `${is}, which is not known; nearest: ${near.join(', ')}`
        : `${is}; allowed: ${list(names)}`
    return { kind: 'unknown-name', says, allowed: names }
  }
  const allowed = expected(issue)
  if (issue.code === 'custom' || issue.code === 'invalid_format')
    return { kind: 'value', says: `${is}; it ${issue.message}`, allowed: issue.message }
  return {
    kind: issue.code === 'too_small' || issue.code === 'too_big' ? 'value' : 'type',
    says: `${is}; expected ${list(allowed)}`,
    allowed,
  }
}

/** The closed list of names that the value must be one of. */
function namesOf(issue: Issue): string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)
    ? issue.options.map(String)
    : undefined
}

function expected(issue: Issue): string[] {
  if (issue.code === 'invalid_type') return [issue.expected]
  if (issue.code === 'too_small')
    return [`${issue.inclusive ? 'at least' : 'more than'} ${amount(issue.minimum, issue.origin)}`]
  if (issue.code === 'too_big')
    return [`${issue.inclusive ? 'at most' : 'less than'} ${amount(issue.maximum, issue.origin)}`]
  if (issue.code === 'invalid_union')
    return [...new Set(issue.errors.flatMap(branch => branch.flatMap(i => namesOf(i) ?? expected(i))))]
  return [issue.message]
}

function amount(count: number | bigint, origin: string): string {
  if (origin === 'array') return `${count} ${count === 1 ? 'entry' : 'entries'}`
  return origin === 'string' ? `${count} ${count === 1 ? 'character' : 'characters'}` : String(count)
}
const list = (allowed: readonly string[]): string =>
  allowed.length < 2 ? allowed.join() : `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`
