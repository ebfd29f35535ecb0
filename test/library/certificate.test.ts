import '../support/models.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Headwise, load, type Site, type Task } from '../../src/index.ts'
import { certify } from '../../src/library/certificate.ts'
import { rowsOf } from '../../src/library/sweep.ts'
import { gridValues } from '../../src/results/grid.ts'
import { SITES, siteNames } from '../../src/words/site.ts'
import { refusal } from '../support/refusal.ts'

const task: Task = {
  name: 'who receives',
  form: 'next',
  metric: 'logit_diff',
  pairs: [
    {
      clean: 'Tom and Mary went out. Mary gave a coin to',
      corrupt: 'Tom and Mary went out. Tom gave a coin to',
      answers: [' Tom'],
      distractors: [' Mary'],
    },
    {
      clean: 'Anna and Ben went out. Ben gave a book to',
      corrupt: 'Anna and Ben went out. Anna gave a book to',
      answers: [' Anna'],
      distractors: [' Ben'],
    },
  ],
}
let m: Headwise
beforeAll(async () => {
  m = await load('specimen', { threads: 2 })
})
afterAll(async () => {
  await m[Symbol.asyncDispose]()
})

const tail: readonly Site[] = ['final_norm', 'logits']

test.each(siteNames.filter(s => !tail.includes(s)))(
  'patching at %s: a sample of the runs, each whole and alone',
  async site => {
    const sweep = await m.planPatching({ task, site })
    const rows = await rowsOf(sweep.plan)
    const { runs, of, largest, tolerance } = await certify(sweep.plan, rows, 1)
    expect([runs, of, tolerance]).toEqual([16, rows.length, 1e-4])
    expect(largest).toBeLessThan(tolerance)
    const { document } = await sweep.finish(rows)
    const { shape, data } = gridValues(document)
    const { layers, heads, groups } = m.config
    const second = { head: heads, group: groups, position: sweep.plan.base[0]!.ids.length }[
      SITES[site].heads ?? 'position'
    ]
    expect(shape).toEqual([SITES[site].perLayer ? layers : 1, second])
    expect([...data].every(Number.isFinite)).toBe(true)
    // Something somewhere carries the difference between the two texts.
    expect(Math.max(...data)).toBeGreaterThan(0.01)
  },
)

test.each(tail)('%s comes after all layers and is refused', async site => {
  expect(await refusal(() => m.patch({ task, site }))).toMatchObject({ code: 'sweep-site', fault: 'usage' })
})

test('a reading that is wrong is found, with its run', async () => {
  const sweep = await m.planScaling({ task, heads: [{ layer: 4, head: 2 }], steps: 3 })
  const rows = await rowsOf(sweep.plan)
  const off = rows.map(r => (r.run === 1 && r.sample === 0 ? { ...r, value: r.value + 0.01 } : r))
  const { runs, of, largest, where } = await certify(sweep.plan, off, 0)
  expect([runs, of]).toEqual([8, 8])
  expect(largest).toBeGreaterThan(5e-4)
  expect(where).toBe('run 1 of sample 0')
  const nothing = rows.map((r, i) => (i === 2 ? { ...r, value: Number.NaN } : r))
  expect((await certify(sweep.plan, nothing, 0)).largest).toBe(Number.POSITIVE_INFINITY)
})
