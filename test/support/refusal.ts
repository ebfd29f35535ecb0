import { expect } from 'vitest'
import { HeadwiseError } from '../../src/words/error.ts'

/** The error that the work ends with; fails when it is none of ours. */
export async function refusal(work: () => unknown): Promise<HeadwiseError> {
  try {
    await work()
  } catch (error) {
    expect(error).toBeInstanceOf(HeadwiseError)
    return error as HeadwiseError
  }
  throw new Error('nothing was refused')
}
