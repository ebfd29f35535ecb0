import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readTensor } from '../../src/checkpoint/read-tensor.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { SafetensorsWriter, writeSafetensors } from '../../src/checkpoint/safetensors-writer.ts'
import { faultOf } from './fault.ts'
import { Scratch } from './scratch.ts'

const a = { name: 'a', dtype: 'F32', shape: [2, 3] }
const b = { name: 'b', dtype: 'I32', shape: [2] }
const values = Float32Array.of(1, 2, 3, 4, 5, 6)

test('what is written piece by piece, in turns, reads back', async () => {
  using scratch = new Scratch()
  const path = scratch.path('x.safetensors')
  const none = { name: 'none', dtype: 'F32', shape: [0, 4] }
  await using writer = await SafetensorsWriter.create(path, [a, none, b], { metadata: { made: 'here' } })
  await writer.write('a', values.subarray(0, 2))
  await writer.write('b', Int32Array.of(7, 8))
  expect(readdirSync(scratch.folder)).not.toContain('x.safetensors')
  await writer.write('a', values.subarray(2))
  await writer.close()
  const { tensors, metadata } = await readSafetensors(path)
  expect(readTensor(tensors.get('a')!)).toEqual(values)
  expect(readTensor(tensors.get('b')!)).toEqual(Float32Array.of(7, 8))
  expect(tensors.get('none')).toMatchObject({ shape: [0, 4], bytes: 0 })
  expect([...metadata]).toEqual([['made', 'here']])
  expect(tensors.get('a')!.offset % 64).toBe(0)
  expect(readdirSync(scratch.folder)).toEqual(['x.safetensors'])
})

test('a writer that is left before the end leaves nothing, and an older file as it was', async () => {
  using scratch = new Scratch()
  const path = scratch.write('x.safetensors', 'old')
  const unfinished = async (): Promise<void> => {
    await using writer = await SafetensorsWriter.create(path, [a])
    await writer.write('a', values.subarray(0, 3))
    throw new Error('interrupted')
  }
  await expect(unfinished()).rejects.toThrow('interrupted')
  const fault = await faultOf(async () => {
    await using writer = await SafetensorsWriter.create(path, [a, b])
    await writer.write('a', values)
    await writer.close()
  })
  expect(fault).toMatchObject({ code: 'tensors-unwritten', fault: 'failed', where: 'b', found: 8 })
  expect(readdirSync(scratch.folder)).toEqual(['x.safetensors'])
  expect(readFileSync(path, 'utf8')).toBe('old')
})

test('pieces that nobody declared, or too many, are refused', async () => {
  using scratch = new Scratch()
  await using writer = await SafetensorsWriter.create(scratch.path('x.safetensors'), [a])
  await expect(writer.write('c', values)).rejects.toThrow(RangeError)
  await expect(writer.write('a', new Float32Array(7))).rejects.toThrow(RangeError)
  for (const declared of [
    [{ ...a, dtype: 'F128' }],
    [a, a],
    [{ ...a, shape: [-1] }],
    [{ ...a, shape: [2 ** 40, 2 ** 40] }],
  ])
    await expect(SafetensorsWriter.create(scratch.path('y'), declared)).rejects.toThrow(RangeError)
})

test('a folder that is not there, or a folder in the place of the file, is said', async () => {
  using scratch = new Scratch()
  // What is missing is no file of the user's: it is the place to write to.
  const missing = await faultOf(() => writeSafetensors(scratch.path('none/x'), []))
  expect(missing).toMatchObject({ code: 'file-write', fault: 'failed', file: scratch.path('none/x'), found: 'ENOENT' })
  mkdirSync(scratch.path('folder'))
  const fault = await faultOf(() => writeSafetensors(scratch.path('folder'), [{ ...a, data: values }]))
  expect(fault).toMatchObject({ code: 'file-write', fault: 'failed', file: scratch.path('folder') })
  expect(readdirSync(scratch.folder)).toEqual(['folder'])
})

test('item 63: a link under the final name is replaced, not followed', async () => {
  using scratch = new Scratch()
  const target = scratch.write('target', 'untouched')
  symlinkSync(target, scratch.path('x.safetensors'))
  await writeSafetensors(scratch.path('x.safetensors'), [{ ...a, data: values }])
  expect(readFileSync(target, 'utf8')).toBe('untouched')
  expect((await readSafetensors(scratch.path('x.safetensors'))).tensors.size).toBe(1)
})
