import fc from 'fast-check'
import type { DecoderConfig } from '../../src/models/config.ts'
import { checkEdits } from '../../src/results/input.ts'
import { siteShape } from '../../src/runs/edits.ts'
import type { Edit } from '../../src/words/edit.ts'
import { point, SITES, type Site, siteNames } from '../../src/words/site.ts'

const amount = fc.integer({ min: -16, max: 16 }).map(n => n / 8)
const some = (count: number) =>
  fc.uniqueArray(fc.nat({ max: count - 1 }), { minLength: 1, maxLength: count }).map(list => list.sort((a, b) => a - b))
const positions = (ids: readonly number[]) =>
  fc.oneof(
    fc.constant(undefined),
    fc.constant('all'),
    fc.constant('last'),
    some(ids.length),
    fc.constantFrom(...ids).map(id => ({ tokens: [id] })),
  )

/** A nested list that broadcasts to the shape: leading axes left out, others of size 1 or whole. */
const value = (shape: readonly number[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.integer({ min: 0, max: shape.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .chain(([from, whole]) => {
      const sizes = shape.slice(from).map((d, i) => (whole[i] ? d : 1))
      return sizes.reduceRight<fc.Arbitrary<unknown>>(
        (inner, size) => fc.array(inner, { minLength: size, maxLength: size, size: 'max' }),
        amount,
      )
    })

/** Any edit of a text, checked as those of a file are. */
export function anyEdit(
  c: DecoderConfig,
  ids: readonly number[],
  sites: readonly Site[] = siteNames,
): fc.Arbitrary<Edit> {
  const place = fc.record({ site: fc.constantFrom(...sites), layer: fc.nat({ max: c.layers - 1 }) })
  return place.chain(({ site, layer }) => {
    const facts = SITES[site]
    const at = { site, ...(facts.perLayer ? { layer } : {}) }
    const shape = siteShape(point(site, layer), c, { start: 0, count: ids.length }).slice(1)
    const axes: readonly string[] = facts.axes
    const kinds: fc.Arbitrary<object>[] = [
      fc.constant({ do: 'zero' }),
      amount.map(by => ({ do: 'scale', by })),
      value(shape).map(v => ({ do: 'add', value: v })),
      value(shape).map(v => ({ do: 'set', value: v })),
      fc
        .array(fc.nat({ max: c.vocab - 1 }), { minLength: ids.length, maxLength: ids.length })
        .map(other => ({ do: 'patch', ids: other })),
    ]
    if (axes.includes('position')) kinds.push(fc.constant({ do: 'mean' }))
    if (site === 'scores') {
      const edge = fc.record({ queries: positions(ids), keys: positions(ids) })
      kinds.push(
        amount.map(n => ({ do: 'temperature', tau: Math.abs(n) + 0.25 })),
        edge.map(e => ({ do: 'knockout', ...e })),
        fc.tuple(edge, amount).map(([e, by]) => ({ do: 'bias', by, ...e })),
      )
    }
    const chosen =
      facts.heads === 'head'
        ? some(c.heads).map(heads => ({ heads }))
        : facts.heads === 'group'
          ? some(c.groups).map(groups => ({ groups }))
          : fc.constant({})
    return fc.tuple(fc.oneof(...kinds), fc.option(chosen, { nil: {} }), positions(ids)).map(([kind, heads, rows]) => {
      const edit = { ...kind, at, ...heads, positions: rows }
      return checkEdits([Object.fromEntries(Object.entries(withoutAbsent(edit)))], 'edits')[0]!
    })
  })
}

const withoutAbsent = (o: object) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined))

const REPLACING = new Set(['zero', 'mean', 'resample', 'set', 'patch'])
/** Lists in which no two replacements can meet: at most one of them at each point. */
export const anyEdits = (c: DecoderConfig, ids: readonly number[], sites?: readonly Site[]): fc.Arbitrary<Edit[]> =>
  fc.array(anyEdit(c, ids, sites), { minLength: 1, maxLength: 4 }).map(edits => {
    const taken = new Set<string>()
    return edits.filter(e => {
      const key = `${e.at.site}@${e.at.layer}`
      if (!REPLACING.has(e.do)) return true
      const free = !taken.has(key)
      taken.add(key)
      return free
    })
  })
