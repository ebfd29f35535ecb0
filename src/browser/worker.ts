/// <reference lib="dom" />

import { version } from '../library/version.ts'
import { checkVerb } from '../service/check.ts'
import { faultOf } from '../service/fault.ts'
import { Lanes } from '../service/lanes.ts'
import { Service } from '../service/service.ts'
import { tick } from '../words/tick.ts'
import { loadInBrowser } from './load.ts'
import { type FromWorker, handOver, START, type ToWorker } from './messages.ts'

/** The parts of a worker's own globals that are used; the page's types stand for the rest. */
interface Port {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
}
const port = globalThis as unknown as Port

const lanes = new Lanes()
const open = new Map<number, AbortController>()

const tell = (message: FromWorker, buffers: ArrayBuffer[] = []): void => port.postMessage(message, buffers)

function answer(kind: 'piece' | 'end', id: number, result: unknown): void {
  const { value, buffers } = handOver(result)
  tell({ kind, id, value }, buffers)
}

const onProgress = (id: number) => (progress: { what: string; done: number; total: number }) =>
  tell({ kind: 'progress', id, progress })

async function start({ manifest, device }: ToWorker & { kind: 'start' }): Promise<Service> {
  const loaded = await loadInBrowser(manifest, { device, onProgress: onProgress(START) })
  const { name, notice } = loaded.manifest
  return new Service(loaded.model, { name, notice, specimen: name === 'specimen', version, budget: loaded.budget })
}

let service: Promise<Service> | undefined

async function call({ id, verb, params, lane }: ToWorker & { kind: 'call' }): Promise<void> {
  const stop = new AbortController()
  open.set(id, stop)
  try {
    await lanes.run(lane, stop.signal, async signal => {
      const ready = await service!
      // Newer calls may already wait behind this one: they are heard before it begins.
      await tick()
      const watch = { signal, onProgress: onProgress(id) }
      const known = checkVerb(verb)
      if (known === 'generate') {
        for await (const piece of ready.generate(params, watch)) answer('piece', id, piece)
        answer('end', id, undefined)
      } else answer('end', id, await ready.call(known, params, watch))
    })
  } catch (error) {
    tell({ kind: 'failed', id, fault: faultOf(error) })
  } finally {
    open.delete(id)
  }
}

port.onmessage = ({ data }) => {
  if (data.kind === 'cancel') open.get(data.id)?.abort()
  else if (data.kind === 'call') void call(data)
  else {
    service = start(data)
    service.then(
      () => answer('end', START, undefined),
      error => tell({ kind: 'failed', id: START, fault: faultOf(error) }),
    )
  }
}
