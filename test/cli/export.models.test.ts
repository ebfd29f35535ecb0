import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { smollm2, smollm2Here } from '../support/models.ts'
import { run, temporaryFolder } from './support.ts'

const folder = temporaryFolder()

test.skipIf(!smollm2Here)('SmolLM2 is exported with its weights beside it, without gaps', async () => {
  const out = join(folder, 'm.onnx')
  const { code } = await run(['export', smollm2, '--out', out])
  expect(code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['m.onnx', 'm.onnx.data'])
  const { external, initializers } = judgeOnnx(out)
  expect(initializers).toBeGreaterThan(external.length)
  const spans = external.map(e => [e.offset, e.offset + e.length] as const).sort(([a], [b]) => a - b)
  expect(spans.map(([from]) => from)).toEqual([0, ...spans.map(([, to]) => to).slice(0, -1)])
  expect(spans.at(-1)?.[1]).toBe(statSync(`${out}.data`).size)
})
