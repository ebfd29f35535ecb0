import { expect, test } from 'vitest'
import { judgeOnnx } from '../../src/checkpoint/onnx.ts'
import { faultOf } from './fault.ts'
import { raw } from './make-onnx.ts'
import { Scratch } from './scratch.ts'

export interface Case {
  readonly name: string
  /** Equal but for the fault: this one is accepted. */
  readonly healthy: Uint8Array
  readonly hostile: Uint8Array
  readonly code: string
  readonly where: string | RegExp
  readonly found?: unknown
}

/** Both twins with a file `w.bin` of 64 bytes beside them. */
export async function judge(write: (scratch: Scratch) => unknown): Promise<Awaited<ReturnType<typeof faultOf>>> {
  using scratch = new Scratch()
  scratch.write('w.bin', raw(64))
  write(scratch)
  const fault = await faultOf(() => judgeOnnx(scratch.path('m.onnx')))
  expect(fault).toMatchObject({ fault: 'data', file: expect.stringContaining(scratch.folder) })
  return fault
}
export const check = ({ name, healthy, hostile, code, where, found }: Case): void =>
  test(name, async () => {
    using scratch = new Scratch()
    scratch.write('w.bin', raw(64))
    expect(() => judgeOnnx(scratch.write('m.onnx', healthy))).not.toThrow()
    const fault = await judge(s => s.write('m.onnx', hostile))
    expect(fault.code).toBe(code)
    expect(fault.where).toMatch(where)
    if (found !== undefined) expect(fault.found).toEqual(found)
  })
