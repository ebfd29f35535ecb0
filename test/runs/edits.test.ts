import '../support/allclose.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeSafetensors } from '../../src/checkpoint/safetensors-writer.ts'
import { type Headwise, load } from '../../src/index.ts'
import { checkEdits } from '../../src/results/input.ts'
import { blindQueries } from '../../src/runs/edits.ts'
import { point, pointKey, type Site } from '../../src/words/site.ts'
import { tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

/** 4 query heads of width 6, 2 groups, 3 layers, 64 tokens. */
const IDS = [31, 11, 17, 6, 11]
const folder = mkdtempSync(join(tmpdir(), 'headwise-edits-'))
let m: Headwise
beforeAll(async () => {
  m = await load(tiny('gqa'), { threads: 1 })
  const z = (data: Float32Array, shape: number[]) => ({ dtype: 'F32', shape, data })
  await writeSafetensors(join(folder, 'v.safetensors'), [
    { name: 'good', ...z(new Float32Array(6).fill(0.5), [6]) },
    { name: 'nan', ...z(Float32Array.of(1, 2, Number.NaN, 4, 5, 6), [6]) },
    { name: 'wide', ...z(new Float32Array(7), [7]) },
    { name: 'whole', dtype: 'I32', shape: [6], data: new Int32Array(6) },
  ])
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const run = async (edits: readonly unknown[], prompts: readonly (readonly number[])[] = [IDS]) => {
  // `run` looks at prompts and edits only: ids need no tokenizer.
  const { engine } = m
  const { runSequence } = await import('../../src/runs/run.ts')
  const { tensorReader } = await import('../../src/library/tensors.ts')
  return await Promise.all(
    prompts.map((ids, sample) =>
      runSequence(engine, ids, {
        edits: checkEdits(edits, 'edits'),
        capture: [point('z', 1), point('k', 1), point('scores', 1), point('resid_pre', 1)],
        allLogits: true,
        sample,
        others: prompts,
        tensor: tensorReader(folder),
      }),
    ),
  )
}
const at = (site: Site, layer = 1) => ({ site, layer })
const captured = async (site: Site, edits: readonly unknown[], prompts?: readonly (readonly number[])[]) =>
  (await run(edits, prompts)).map(r => r.captured.get(pointKey(point(site, 1)))!)

describe('addresses', () => {
  /** Which [position, head] rows of z an edit zeroes. */
  const zeroed = async (edit: object, prompts?: readonly (readonly number[])[]) =>
    (await captured('z', [{ do: 'zero', at: at('z'), ...edit }], prompts)).map(
      ({ shape: [time, heads, width], data }) =>
        Array.from({ length: time! }, (_, t) =>
          Array.from({ length: heads! }, (_, h) =>
            data.subarray((t * heads! + h) * width!, (t * heads! + h + 1) * width!).every(x => x === 0) ? h : -1,
          ).filter(h => h >= 0),
        ),
    )
  const all = [0, 1, 2, 3]
  test.each([
    ['nothing said: everything', {}, [all, all, all, all, all]],
    [
      'heads',
      { heads: [1, 3] },
      [
        [1, 3],
        [1, 3],
        [1, 3],
        [1, 3],
        [1, 3],
      ],
    ],
    ['indices', { heads: [2], positions: [0, 3] }, [[2], [], [], [2], []]],
    ['every place of a token', { heads: [0], positions: { tokens: [11, 63] } }, [[], [0], [], [], [0]]],
    ['the last', { positions: 'last' }, [[], [], [], [], all]],
    ['all', { heads: [0], positions: 'all' }, [[0], [0], [0], [0], [0]]],
    ['another sample', { samples: [1] }, [[], [], [], [], []]],
  ])('%s', async (_, edit, expected) => {
    expect((await zeroed(edit))[0]).toEqual(expected)
  })

  test('samples count prompts', async () => {
    const [first, second] = await zeroed({ heads: [0], positions: 'last', samples: [1] }, [IDS, [4, 5]])
    expect([first, second]).toEqual([
      [[], [], [], [], []],
      [[], [0]],
    ])
  })

  test('groups', async () => {
    const [k] = await captured('k', [{ do: 'zero', at: at('k'), groups: [1] }])
    const rows = (g: number) => k!.data.filter((_, i) => Math.floor(i / 6) % 2 === g)
    expect(rows(1).every(x => x === 0)).toBe(true)
    expect(rows(0).every(x => x !== 0)).toBe(true)
  })

  test('queries and keys of a bias', async () => {
    const where = { at: at('scores'), heads: [3], queries: [2, 4], keys: { tokens: [11] } }
    const [clean] = await captured('scores', [])
    const [edited] = await captured('scores', [{ do: 'bias', by: 2, ...where }])
    const changed = [...edited!.data].flatMap((x, i) =>
      Math.abs(x - clean!.data[i]! - 2) < 1e-5 ? [[Math.floor(i / 25), Math.floor(i / 5) % 5, i % 5]] : [],
    )
    expect(changed).toEqual([
      [3, 2, 1],
      [3, 2, 4],
      [3, 4, 1],
      [3, 4, 4],
    ])
  })
})

describe('composition', () => {
  const value = async (...edits: object[]) => {
    const own = edits.map(e => ({ ...e, at: at('z'), heads: [0], positions: [0] }))
    return (await captured('z', own))[0]!.data[0]!
  }
  test('edits of one cell apply in list order', async () => {
    expect(await value({ do: 'set', value: 2 }, { do: 'scale', by: 3 }, { do: 'add', value: 1 })).toBe(7)
    expect(await value({ do: 'set', value: 2 }, { do: 'add', value: 1 }, { do: 'scale', by: 3 })).toBe(9)
    expect(await value({ do: 'scale', by: 3 }, { do: 'set', value: 2 })).toBe(2)
  })
  test('two replacements of one cell are refused, of two cells not', async () => {
    const [zero, set] = [
      { do: 'zero', at: at('z'), heads: [0, 1] },
      { do: 'set', value: 1, at: at('z'), heads: [1, 2] },
    ]
    const error = await refusal(() => run([zero, { do: 'scale', by: 2, at: at('z') }, set]))
    expect(error).toMatchObject({ code: 'edit', fault: 'usage', where: 'edits[2]', found: 'set' })
    await run([zero, { ...set, heads: [2] }])
    await run([zero, { ...set, at: at('z', 2) }])
    await run([
      { ...zero, positions: [0] },
      { ...set, positions: [1] },
    ])
    await run([
      { ...zero, samples: [0] },
      { ...set, samples: [1] },
    ])
  })
  test('a knocked-out edge stays so under temperature and bias', async () => {
    const where = { at: at('scores'), heads: [0] }
    const [scores] = await captured('scores', [
      { do: 'knockout', queries: [3], keys: [1], ...where },
      { do: 'temperature', tau: 2, ...where },
      { do: 'bias', by: 5, ...where },
    ])
    expect(scores!.data[3 * 5 + 1]).toBe(Number.NEGATIVE_INFINITY)
    expect(Number.isFinite(scores!.data[3 * 5 + 2])).toBe(true)
  })
})

test('queries that lose every key up to themselves are counted; keys that come later do not matter', () => {
  const at = { site: 'scores', layer: 1 }
  const blind = (...edits: object[]) => blindQueries(checkEdits(edits, 'edits'), IDS, 0)
  expect(blind({ do: 'knockout', at, queries: 'last' })).toBe(1)
  expect(blind({ do: 'knockout', at, keys: [0] })).toBe(1)
  expect(blind({ do: 'knockout', at, keys: [0, 1, 3] }, { do: 'knockout', at, queries: 'last' })).toBe(3)
  expect(blind({ do: 'knockout', at, keys: [1, 2, 3, 4] }, { do: 'bias', at, by: -9 })).toBe(0)
  expect(blind({ do: 'knockout', at, samples: [1] })).toBe(0)
})

describe('values', () => {
  test('patch puts the value of another run in place', async () => {
    const other = [1, 2, 3, 4, 5]
    const [z] = await captured('z', [{ do: 'patch', ids: other, at: at('z'), heads: [2] }])
    const [clean, source] = await captured('z', [], [IDS, other])
    const head = (x: { data: Float32Array }, h: number) => x.data.filter((_, i) => Math.floor(i / 6) % 4 === h)
    expect(head(z!, 2)).toEqual(head(source!, 2))
    expect(head(z!, 1)).toEqual(head(clean!, 1))
  })
  test('mean over references leaves out their first position', async () => {
    const references = [
      [9, 10, 11],
      [7, 8],
    ]
    const [z] = await captured('z', [{ do: 'mean', reference: references, at: at('z') }])
    const sources = await captured('z', [], references)
    const rows = sources.flatMap(({ data }) =>
      Array.from({ length: data.length / 24 - 1 }, (_, t) => data.slice((t + 1) * 24, (t + 2) * 24)),
    )
    expect(rows).toHaveLength(3)
    for (let i = 0; i < 24; i++) expect(z!.data[i]).toBeCloseTo(rows.reduce((s, r) => s + r[i]!, 0) / 3, 6)
  })
  test('resample takes another prompt of the same length, the same one for the same seed', async () => {
    const prompts = [IDS, [1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]
    const clean = await captured('z', [], prompts)
    const edit = { do: 'resample', seed: 3, at: at('z'), samples: [0, 1, 2] }
    const [once, again] = [await captured('z', [edit], prompts), await captured('z', [edit], prompts)]
    expect(once).toEqual(again)
    const of = once.slice(0, 3).map(z => clean.findIndex(c => c.data.every((x, i) => x === z.data[i])))
    for (const [s, source] of of.entries()) expect([0, 1, 2].filter(i => i !== s)).toContain(source)
    expect(once[3]).toEqual(clean[3])
  })
  test('a tensor of a file', async () => {
    const [z] = await captured('z', [{ do: 'set', value: { file: 'v.safetensors', tensor: 'good' }, at: at('z') }])
    expect(new Set(z!.data)).toEqual(new Set([0.5]))
  })
})

/** Malformed edits (items 86 to 89): each with a healthy twin, equal but for the fault. */
describe('refusals', () => {
  const z = { at: at('z') }
  const file = (tensor: string) => ({ do: 'set', ...z, value: { file: 'v.safetensors', tensor } })
  const cases: [string, unknown, unknown, object][] = [
    [
      'layer beyond the model',
      { do: 'zero', at: at('z', 3) },
      { do: 'zero', at: at('z', 2) },
      { code: 'edit', where: 'edits[0].at.layer', found: 3, allowed: 2 },
    ],
    [
      'head beyond the layer',
      { do: 'zero', ...z, heads: [4] },
      { do: 'zero', ...z, heads: [3] },
      { code: 'edit', where: 'edits[0].heads', found: 4, allowed: 3 },
    ],
    [
      'group beyond the layer',
      { do: 'zero', at: at('k'), groups: [2] },
      { do: 'zero', at: at('k'), groups: [1] },
      { code: 'edit', where: 'edits[0].groups', found: 2 },
    ],
    [
      'a head where a group is meant',
      { do: 'zero', at: at('k'), heads: [3] },
      { do: 'zero', at: at('q'), heads: [3] },
      { code: 'edit', where: 'edits[0].heads', found: [3], allowed: 'group' },
    ],
    [
      'a group where a head is meant',
      { do: 'zero', ...z, groups: [1] },
      { do: 'zero', at: at('v'), groups: [1] },
      { code: 'edit', where: 'edits[0].groups', allowed: 'head' },
    ],
    [
      'heads of a stream',
      { do: 'zero', at: at('mlp_out'), heads: [0] },
      { do: 'zero', at: at('mlp_out') },
      { code: 'edit', where: 'edits[0].heads' },
    ],
    [
      'a stack that is not there',
      { do: 'zero', at: { ...at('z'), stack: 'encoder' } },
      { do: 'zero', at: { ...at('z'), stack: 'decoder' } },
      { code: 'edit', where: 'edits[0].at.stack', found: 'encoder' },
    ],
    [
      'knockout away from scores',
      { do: 'knockout', ...z },
      { do: 'knockout', at: at('scores') },
      { code: 'edit', where: 'edits[0].at.site', found: 'z' },
    ],
    [
      'position outside',
      { do: 'zero', ...z, positions: [1, 5] },
      { do: 'zero', ...z, positions: [1, 4] },
      { code: 'edit', where: 'edits[0].positions', found: 5, allowed: 4 },
    ],
    [
      'query outside',
      { do: 'knockout', at: at('scores'), queries: [9] },
      { do: 'knockout', at: at('scores'), queries: [3] },
      { code: 'edit', where: 'edits[0].queries', found: 9 },
    ],
    [
      'key outside',
      { do: 'bias', by: 1, at: at('scores'), keys: [5] },
      { do: 'bias', by: 1, at: at('scores'), keys: [0] },
      { code: 'edit', where: 'edits[0].keys', found: 5 },
    ],
    [
      'tokens that are not in the text',
      { do: 'zero', ...z, positions: { tokens: [63, 2] } },
      { do: 'zero', ...z, positions: { tokens: [63, 17] } },
      { code: 'edit', where: 'edits[0].positions', found: [63, 2] },
    ],
    [
      'NaN in a file',
      file('nan'),
      file('good'),
      { code: 'edit-value', fault: 'data', file: 'v.safetensors', where: 'edits[0].value', found: Number.NaN },
    ],
    [
      'a value that does not fit',
      file('wide'),
      file('good'),
      { code: 'edit-value', fault: 'data', where: 'edits[0].value', found: [7], allowed: [5, 4, 6] },
    ],
    [
      'a tensor of whole numbers',
      file('whole'),
      file('good'),
      { code: 'edit-tensor', fault: 'data', where: 'whole', found: 'I32' },
    ],
    ['a tensor that is not there', file('none'), file('good'), { code: 'edit-tensor', fault: 'data', where: 'none' }],
    [
      'a ragged value',
      { do: 'set', ...z, value: [[1], [1, 2]] },
      { do: 'set', ...z, value: [[1], [2], [1], [2]] },
      { code: 'edit-value', where: 'edits[0].value' },
    ],
    [
      'a patch of another length',
      { do: 'patch', ...z, ids: [1, 2, 3, 4] },
      { do: 'patch', ...z, ids: [1, 2, 3, 4, 5] },
      { code: 'edit-value', found: 4, allowed: 5 },
    ],
    [
      'a patch of tokens that the model lacks',
      { do: 'patch', ...z, ids: [1, 2, 3, 4, 64] },
      { do: 'patch', ...z, ids: [1, 2, 3, 4, 63] },
      { code: 'token-id', found: 64, allowed: 63 },
    ],
    [
      'a mean of a pattern',
      { do: 'mean', at: at('pattern') },
      { do: 'mean', at: at('v') },
      { code: 'edit-value', where: 'edits[0].at.site', found: 'pattern' },
    ],
    [
      'a mean of nothing',
      { do: 'mean', ...z, reference: [[5]] },
      { do: 'mean', ...z, reference: [[5, 6]] },
      { code: 'edit-value', where: 'reference' },
    ],
    [
      'a resample without another prompt',
      { do: 'resample', ...z },
      { do: 'zero', ...z },
      { code: 'edit-value', where: 'edits[0]' },
    ],
  ]
  test.each(cases)('%s', async (_, faulty, healthy, facts) => {
    const error = await refusal(() => run([faulty]))
    expect(error).toMatchObject({ fault: 'usage', ...facts })
    expect(error.message.trim()).toMatch(/^.+\.$/)
    await run([healthy])
  })
  test('a head at a site of keys is told its group', async () => {
    const { message } = await refusal(() => run([{ do: 'zero', at: at('v'), heads: [2] }]))
    expect(message).toContain('head 2 belongs to group 1')
  })
  test.each([
    ['unknown site', { do: 'zero', at: { site: 'zz' } }, /nearest: z/],
    ['temperature 0', { do: 'temperature', tau: 0, at: at('scores') }, /above 0/],
    ['scale beyond float32', { do: 'scale', by: 1e39, ...z }, /finite/],
    ['a negative position', { do: 'zero', ...z, positions: [-1] }, /positions/],
    ['an empty token set', { do: 'zero', ...z, positions: { tokens: [] } }, /tokens/],
  ])('%s is refused by the schema', async (_, edit, says) => {
    expect((await refusal(() => checkEdits([edit], 'edits.json'))).message).toMatch(says)
  })
})
