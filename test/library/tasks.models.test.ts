import { expect, test } from 'vitest'
import { load } from '../../src/index.ts'
import { smollm2, smollm2Here } from '../support/models.ts'

/** Few rows: the point is that the words of another tokenizer give tasks that another model can do. */
const N = 16

test.skipIf(!smollm2Here)(
  smollm2Here ? 'SmolLM2 can do most of the built-in tasks' : 'skipped: ../shared holds no SmolLM2',
  async () => {
    await using m = await load(smollm2, { threads: 2 })
    const results = await m.tasks({ n: N })
    const can = new Map(results.map(r => [r.id, 'refused' in r ? undefined : r.can]))
    expect([...can.values()]).not.toContain(undefined)
    for (const id of ['ioi', 'copying', 'greater-than', 'agreement', 'docstring', 'relations', 'successor', 'capitals'])
      expect([id, can.get(id)]).toEqual([id, true])
    for (const r of results) if ('prompts' in r) expect([r.id, r.prompts, r.dropped]).toEqual([r.id, N, []])
  },
  300_000,
)
