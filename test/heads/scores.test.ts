import { expect, test } from 'vitest'
import { distance } from '../../src/heads/detectors/distance.ts'
import { entropy } from '../../src/heads/detectors/entropy.ts'
import { induction } from '../../src/heads/detectors/induction.ts'
import { offset } from '../../src/heads/detectors/offset.ts'
import { self } from '../../src/heads/detectors/self.ts'
import { scoreHeads } from '../../src/heads/scores.ts'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import { pointKey } from '../../src/words/site.ts'
import { scoreOf } from '../support/detect.ts'
import { engineOf, tiny } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const facts = (ids: readonly number[]) => ({ ids, tokenText: String, specialIds: new Set<number>() })
const wanted = [induction, entropy, offset(2), self, distance]
const REPEATING = [5, 9, 13, 5, 9, 13, 5]

test('rows reduced in the graph = the definition on captured patterns; a prompt with empty Q gives no score', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const { layers, heads } = engine.config
  const prompts = [facts(REPEATING), facts([1, 2, 3])]
  const progress: number[] = []
  const scores = await scoreHeads(engine, wanted, prompts, { onProgress: p => progress.push(p.done) })
  expect(progress).toEqual([1, 2])
  expect([...scores].map(([id, s]) => [id, s.prompts])).toEqual([
    ['induction', 1],
    ['entropy', 2],
    ['offset-2', 2],
    ['self', 2],
    ['distance', 2],
  ])
  const { captured } = await runSequence(engine, REPEATING, { capture: pointsOf('pattern', layers) })
  for (const d of wanted)
    for (const [l, p] of pointsOf('pattern', layers).entries())
      for (let h = 0; h < heads; h++) {
        const time = REPEATING.length
        const pattern = Array.from({ length: time }, (_, q) => {
          const start = (h * time + q) * time
          return [...captured.get(pointKey(p))!.data.subarray(start, start + time)]
        })
        const found = scores.get(d.id)!.values[l * heads + h]!
        expect(found, `${d.id} ${l}.${h}`).toBeCloseTo(await scoreOf(d, prompts[0]!, pattern), 5)
      }
})

test('ids are judged before anything runs, and an abort ends between prompts', async () => {
  await using engine = await engineOf(tiny('gqa'))
  const stop = new AbortController()
  expect(await refusal(() => scoreHeads(engine, wanted, [facts([64])]))).toMatchObject({ code: 'token-id' })
  const prompts = [facts(REPEATING), facts(REPEATING)]
  const watch = { signal: stop.signal, onProgress: () => stop.abort() }
  expect(await refusal(() => scoreHeads(engine, wanted, prompts, watch))).toMatchObject({ code: 'interrupted' })
})
