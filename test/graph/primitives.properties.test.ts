import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registered } from '../../src/graph/primitive.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { nodeBackend } from '../../src/runtime/node.ts'
import { referenceBackend } from '../../src/runtime/reference.ts'
import { webBackend } from '../../src/runtime/web.ts'
import '../support/allclose.ts'
import { FAMILIES } from '../support/cases.ts'
import { graphOver, runOnce } from '../support/run.ts'
import { fileWeights } from '../support/weights.ts'

const reference = referenceBackend()
const none = fileWeights({})
const backends: Record<string, () => Promise<Backend>> = {
  'on the CPU': () => nodeBackend(1),
  'in WebAssembly': () => webBackend({ device: 'wasm', threads: 1 }),
}
afterAll(() => none[Symbol.dispose]())

test('every registered primitive and composite has a family of cases', () => {
  expect(Object.keys(FAMILIES).sort()).toEqual([...registered.keys()].sort())
})

describe.for(Object.entries(backends))('ONNX Runtime %s computes what the reference computes', ([, open]) => {
  let backend: Backend
  beforeAll(async () => {
    backend = await open()
  })
  for (const [name, { cases, tolerance }] of Object.entries(FAMILIES))
    test(name, () =>
      fc.assert(
        fc.asyncProperty(cases, async ({ arrays, build }) => {
          const { graph, feeds } = graphOver(arrays, build)
          const expected = await runOnce(reference, graph, feeds, none)
          const found = await runOnce(backend, graph, feeds, none)
          expect(found.y).toBeAllclose(expected.y!, tolerance)
        }),
        { numRuns: 60 },
      ),
    )
})
