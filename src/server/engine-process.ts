import { freemem } from 'node:os'
import { load } from '../library/load.ts'
import { version } from '../library/version.ts'
import { serveHost } from '../runtime/host.ts'
import { checkVerb } from '../service/check.ts'
import { encodeAnswer } from '../service/frame.ts'
import { noticeOf } from '../service/notice.ts'
import { Service } from '../service/service.ts'
import type { Info } from '../service/verbs.ts'
import { HeadwiseError, type OnProgress } from '../words/error.ts'
import type { Done, Task, Told } from './task.ts'

/** The engine process of the server: opens one model and answers its verbs. */

/** Milliseconds between two reports of progress. */
const BETWEEN = 100

let opened: { readonly service: Service; readonly models: readonly string[] } | undefined

async function open(
  { reference, name, models, options }: Extract<Task, { do: 'open' }>,
  signal: AbortSignal,
  tell: (told: Told) => void,
): Promise<void> {
  const model = await load(reference, {
    ...options,
    signal,
    note: note => tell({ note }),
    onProgress: sparse(tell),
  })
  const specimen = reference === 'specimen'
  const budget = options.budget ?? Math.floor(freemem() / 2)
  const service = new Service(model, { name, reference, specimen, notice: noticeOf(name, specimen), version, budget })
  opened = { service, models }
}

/** Progress at most every so often, the end of each piece of work always. */
function sparse(tell: (told: Told) => void): OnProgress {
  let last = 0
  return progress => {
    const now = performance.now()
    if (now - last < BETWEEN && progress.done < progress.total) return
    last = now
    tell({ progress })
  }
}

serveHost(async (given, { signal, emit }): Promise<Done> => {
  const task = given as Task
  const tell: (told: Told) => void = emit
  if (task.do === 'open') {
    await open(task, signal, tell)
    return null
  }
  if (!opened) throw new HeadwiseError('No model is open.', { code: 'engine-closed', fault: 'failed' })
  const { service, models } = opened
  const watch = { signal, onProgress: sparse(tell) }
  const verb = checkVerb(task.verb)
  if (verb === 'generate') {
    for await (const piece of service.generate(task.params, watch)) tell({ piece })
    return null
  }
  const value = await service.call(verb, task.params, watch)
  return encodeAnswer(verb === 'info' ? { ...(value as Info), models } : value)
})
