import { basename } from 'node:path'
import { sizeOf } from '../words/arrays.ts'
import type { Place } from './onnx.ts'

/** The weight stays in the checkpoint's file, which every session maps. */
export const inCheckpoint: Place = (_, { file, offset, shape }) => ({
  location: basename(file),
  offset,
  length: 4 * sizeOf(shape),
})
