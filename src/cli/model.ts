import type { Headwise } from '../library/headwise.ts'
import type { Context } from './context.ts'
import type { ModelOptions } from './options.ts'

/** Opens the model that the command line names. The library is loaded only here, after all options are judged. */
export async function openModel(reference: string, o: ModelOptions, context: Context): Promise<Headwise> {
  const { load } = await import('../library/load.ts')
  const { device, threads, budget, verify, acceptNonFinite } = o
  return await load(reference, {
    ...(device && { device }),
    ...(threads && { threads }),
    ...(budget && { budget }),
    ...(verify && { verify }),
    ...(acceptNonFinite && { acceptNonFinite }),
    signal: context.signal,
    onProgress: context.progress,
    note: context.note,
  })
}

/** The reference as people would say it: the last part of a path. */
export const modelName = (reference: string): string =>
  reference
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1) ?? reference
