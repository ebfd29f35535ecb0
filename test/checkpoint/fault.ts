import { expect } from 'vitest'
import { HeadwiseError } from '../../src/words/error.ts'

/** The error that some work ends in: it must be ours, one printable sentence of bounded length. */
export async function faultOf(work: () => unknown): Promise<HeadwiseError> {
  let error: unknown
  try {
    await work()
  } catch (thrown) {
    error = thrown
  }
  if (error instanceof Error && !(error instanceof HeadwiseError)) throw error
  expect(error, 'the work should have been refused').toBeInstanceOf(HeadwiseError)
  const fault = error as HeadwiseError
  expect(fault.message).toMatch(/[.!]$/)
  expect(fault.message.length).toBeLessThan(2100)
  expect(fault.message).not.toMatch(/[\u0000-\u001f\u007f]/)
  return fault
}
