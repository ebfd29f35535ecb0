import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Run } from '../../src/words/run.ts'
import { run, temporaryFolder } from '../cli/support.ts'
import '../support/allclose.ts'
import { tensors } from '../support/models.ts'
import { softwareVulkan } from './support.ts'

const folder = temporaryFolder()
const file = (name: string): string => join(folder, name)
writeFileSync(file('ids.json'), JSON.stringify([0, 11, 203, 45, 7, 996]))
writeFileSync(
  file('edits.json'),
  JSON.stringify([
    { do: 'scale', at: { site: 'z', layer: 6 }, heads: [5], by: -1 },
    { do: 'knockout', at: { site: 'scores', layer: 3 }, heads: [1], keys: [0] },
  ]),
)

let env: NodeJS.ProcessEnv
beforeAll(async () => {
  env = { ...(await softwareVulkan()), HEADWISE_CACHE: file('cache') }
})
const args = ['run', 'specimen', '--tokens', file('ids.json'), '--threads', '1']

describe.skipIf(process.platform !== 'linux')('WebGPU in Node, in software', () => {
  test.for([
    ['a pass', []],
    ['a pass with edits', ['--edit', file('edits.json')]],
  ] as const)('%s gives the numbers of the processor to 1e-4', async ([what, more]) => {
    const out = (device: string): string => file(`${what}-${device}.safetensors`)
    for (const device of ['cpu', 'webgpu']) {
      const asked = [...args, ...more, '--capture', 'z,pattern', '--device', device, '--out', out(device)]
      const { code, stderr } = await run(asked, { env })
      expect(code, stderr).toBe(0)
    }
    const [expected, found] = [await tensors(out('cpu')), await tensors(out('webgpu'))]
    for (const name of ['logits', 'z', 'pattern'])
      expect(found(name), name).toBeAllclose(expected(name), { atol: 1e-4 })
  })

  test('a continuation is that of the processor', async () => {
    const asked = ['generate', 'specimen', '--tokens', file('ids.json'), '--max-tokens', '5', '--json', '--device']
    const [expected, found] = await Promise.all(
      ['cpu', 'webgpu'].map(async d => (await run([...asked, d], { env })).stdout),
    )
    expect((JSON.parse(found!) as { tokens: number[] }).tokens).toEqual(
      (JSON.parse(expected!) as { tokens: number[] }).tokens,
    )
  })

  test('the result says what computed it', async () => {
    const { stdout } = await run([...args, '--json', '--device', 'webgpu'], { env })
    const { spec } = JSON.parse(stdout) as Run
    expect(spec.request.device).toBe('webgpu')
    expect(spec.check.backend).toBe('webgpu')
  })

  test('auto takes the faster one, which a driver in software is not', async () => {
    const { stdout, stderr } = await run([...args, '--json', '--device', 'auto'], { env })
    expect((JSON.parse(stdout) as Run).spec.request.device).toBe('cpu')
    expect(stderr).toMatch(/The processor computes: a matrix product takes .* on the GPU, .* on the processor\./)
  })

  test('doctor finds the driver', async () => {
    const { stdout } = await run(['doctor'], { env })
    expect(stdout).toMatch(/ok WebGPU +loads and multiplies matrices rightly/)
  })

  test('without a driver the command says what to do, and auto goes on', async () => {
    const none = { ...env, VK_ICD_FILENAMES: file('absent.json'), VK_DRIVER_FILES: file('absent.json') }
    const refused = await run([...args, '--device', 'webgpu'], { env: none })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/headwise: WebGPU cannot be used here \(.+\); leave the device out\.\n$/)
    const auto = await run([...args, '--json', '--device', 'auto'], { env: none })
    expect((JSON.parse(auto.stdout) as Run).spec.request.device).toBe('cpu')
    expect((await run(['doctor'], { env: none })).stdout).toMatch(
      /-- WebGPU +Failed to get a WebGPU adapter: No supported adapters;/,
    )
  })
})
