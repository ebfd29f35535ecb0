import type { PartTask } from '../jobs/job.ts'
import type { Rows } from '../results/rows.ts'
import { execute } from '../runs/execute.ts'
import type { Measured } from '../runs/plan.ts'
import { serveHost } from '../runtime/host.ts'
import { HeadwiseError } from '../words/error.ts'
import { type Opened, open } from './open.ts'
import { planOfSpec } from './plan-of-spec.ts'
import type { Sweep } from './sweep.ts'

// The program of an engine's process: specs come in, rows of parts go out.

/** What was opened and planned last: the parts of one job come one after another. */
let model: { readonly key: string; readonly opened: Promise<Opened> } | undefined
let sweep: { readonly key: string; readonly planned: Promise<Sweep> } | undefined

function openedFor({ model: path, spec: { request }, acceptNonFinite }: PartTask): Promise<Opened> {
  const key = JSON.stringify([path, request.device, acceptNonFinite])
  if (model?.key === key) return model.opened
  // One thread: the bytes of a part then depend on nothing but the part.
  model = { key, opened: open(path, { device: request.device, threads: 1, acceptNonFinite }) }
  sweep = undefined
  return model.opened
}

const differs = (what: string, where: string, found: string, allowed: string): HeadwiseError =>
  new HeadwiseError(`The ${what} is ${found} in this process, and the job has ${allowed}; start the job again.`, {
    code: 'job-differs',
    fault: 'failed',
    where,
    found,
    allowed,
  })

async function planned(task: PartTask): Promise<Sweep> {
  const { check, request, hash } = task.spec
  const opened = await openedFor(task)
  const found = opened.engine.weights.hash
  if (found !== check.modelHash) throw differs('model hash', 'spec.check.modelHash', found, check.modelHash)
  const again = await planOfSpec(opened, request, { parts: 'small' })
  if (again.spec.hash !== hash) throw differs('hash of the planned spec', 'spec.hash', again.spec.hash, hash)
  return again
}

function sweepFor(task: PartTask): Promise<Sweep> {
  if (sweep?.key !== task.spec.hash) sweep = { key: task.spec.hash, planned: planned(task) }
  return sweep.planned
}

function columns(rows: readonly Measured[]): Rows {
  return {
    run: Int32Array.from(rows, r => r.run),
    sample: Int32Array.from(rows, r => r.sample),
    value: Float64Array.from(rows, r => r.value),
  }
}

serveHost(async (message, { signal }) => {
  const task = message as PartTask
  try {
    const { plan } = await sweepFor(task)
    const rows: Measured[] = []
    for await (const row of execute(plan, { signal, parts: [task.part] })) rows.push(row)
    return columns(rows)
  } catch (error) {
    // What failed to open or to plan is tried afresh.
    if (!signal.aborted) [model, sweep] = [undefined, undefined]
    throw error
  }
})
