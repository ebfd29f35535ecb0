import '../support/allclose.ts'
import { describe, expect, test } from 'vitest'
import { open } from '../../src/library/open.ts'
import { pointsOf, runSequence } from '../../src/runs/run.ts'
import type { OnProgress } from '../../src/words/error.ts'
import { smollm2, smollm2Here } from '../support/models.ts'
import { refusal } from '../support/refusal.ts'

const IDS = Array.from({ length: 1024 }, (_, i) => (7919 * i + 101) % 49_152)

describe.skipIf(!smollm2Here)(
  smollm2Here ? 'a pass of a second or more' : 'skipped: ../shared holds no SmolLM2',
  () => {
    test('goes layer by layer in a command, tells how far it is, and gives the numbers of the whole graph', async () => {
      await using resident = (await open(smollm2, { threads: 2, resident: true })).engine
      await using once = (await open(smollm2, { threads: 2 })).engine
      const capture = pointsOf('z', once.config.layers, 12)
      const told: number[] = []
      const layered = await runSequence(once, IDS, { capture, onProgress: p => void told.push(p.done) })
      expect(told).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
      told.length = 0
      const whole = await runSequence(resident, IDS, { capture, onProgress: p => void told.push(p.done) })
      expect(told).toEqual([])
      expect(layered.loss).toBeCloseTo(whole.loss!, 5)
      expect(layered.logits).toBeAllclose(whole.logits, { atol: 1e-3 })
      expect(layered.captured.get('z@12')).toBeAllclose(whole.captured.get('z@12')!, { atol: 2e-4 })
    })

    test('ends between layers', async () => {
      await using engine = (await open(smollm2, { threads: 2 })).engine
      const stop = new AbortController()
      let done = 0
      const onProgress: OnProgress = p => {
        done = p.done
        if (done === 3) stop.abort()
      }
      expect(await refusal(() => runSequence(engine, IDS, { signal: stop.signal, onProgress }))).toMatchObject({
        code: 'interrupted',
      })
      expect(done).toBe(3)
    })
  },
)
