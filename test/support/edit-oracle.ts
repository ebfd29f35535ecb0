import type { DecoderConfig } from '../../src/models/config.ts'
import type { Weights } from '../../src/runtime/weights.ts'
import type { Edit, Positions } from '../../src/words/edit.ts'
import { SITES } from '../../src/words/site.ts'
import { type Cell, type Hook, plainForward } from './plain-forward.ts'

type Values = ReadonlyMap<string, number>
type Nested = number | readonly Nested[]

const name = ({ site, layer, row, head, column }: Cell): string => `${site}@${layer} ${row} ${head} ${column}`

/** Every cell of a clean pass. */
function cleanValues(c: DecoderConfig, weights: Weights, ids: readonly number[]): Values {
  const values = new Map<string, number>()
  plainForward(c, weights, ids, (value, at) => {
    values.set(name(at), value)
    return value
  })
  return values
}

const meant = (positions: Positions | undefined, ids: readonly number[], p: number): boolean => {
  if (positions === undefined || positions === 'all') return true
  if (positions === 'last') return p === ids.length - 1
  return Array.isArray(positions) ? positions.includes(p) : positions.tokens.includes(ids[p]!)
}

function addressed(edit: Edit, ids: readonly number[], at: Cell): boolean {
  const chosen = edit.heads ?? edit.groups
  if (edit.at.site !== at.site || (SITES[at.site].perLayer && edit.at.layer !== at.layer)) return false
  if (!(chosen?.includes(at.head) ?? true) || !meant(edit.positions, ids, at.row)) return false
  if (edit.do !== 'knockout' && edit.do !== 'bias') return true
  return meant(edit.queries, ids, at.row) && meant(edit.keys, ids, at.column)
}

/** A cell of a value that broadcasts, aligned at the right, to the axes of the site. */
function valueAt(value: Nested, at: Cell): number {
  const { axes } = SITES[at.site]
  const index = axes.slice(1).map(a => {
    if (a === 'position' || a === 'query') return at.row
    return a === 'head' || a === 'group' ? at.head : at.column
  })
  let depth = 0
  for (let v = value; typeof v !== 'number'; v = v[0]!) depth++
  const walk = (v: Nested, i: number): number =>
    typeof v === 'number' ? v : walk(v.length === 1 ? v[0]! : v[index[i]!]!, i + 1)
  return walk(value, index.length - depth)
}

/** The edits by their definition, one cell at a time in list order; written apart from the library's lowering. */
export function editHook(c: DecoderConfig, weights: Weights, ids: readonly number[], edits: readonly Edit[]): Hook {
  const sources = edits.map(e => {
    if (e.do === 'patch') return cleanValues(c, weights, e.ids!)
    return e.do === 'mean' ? cleanValues(c, weights, ids) : new Map<string, number>()
  })
  const mean = (source: Values, at: Cell) =>
    ids.reduce((s, _, row) => s + source.get(name({ ...at, row }))!, 0) / ids.length
  return (value, at) =>
    edits.reduce((x, e, i) => {
      if (!addressed(e, ids, at)) return x
      switch (e.do) {
        case 'zero':
          return 0
        case 'set':
          return valueAt(e.value as Nested, at)
        case 'patch':
          return sources[i]!.get(name(at))!
        case 'mean':
          return mean(sources[i]!, at)
        case 'scale':
          return x * e.by
        case 'add':
          return x + valueAt(e.value as Nested, at)
        case 'temperature':
          return x / e.tau
        case 'bias':
          return x + e.by
        case 'knockout':
          return Number.NEGATIVE_INFINITY
        default:
          throw new RangeError(`the oracle knows no ${e.do}`)
      }
    }, value)
}
