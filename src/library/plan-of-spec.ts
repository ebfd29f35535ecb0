import { HeadwiseError } from '../words/error.ts'
import { planAblation } from './ablate.ts'
import { planControl } from './control.ts'
import { planKnockout } from './knockout.ts'
import type { Opened } from './open.ts'
import { planPatching } from './patch.ts'
import { planScaling } from './scaling.ts'
import { planSelfRepair } from './self-repair.ts'
import type { Sweep, SweepCut, SweepRequest } from './sweep.ts'
import { planTokenKnockout } from './token-knockout.ts'

type Planner = (opened: Opened, request: SweepRequest, cut?: SweepCut) => Promise<Sweep>

/** What plans each method of a sweep verb, by command and method id. */
const PLANNERS: ReadonlyMap<string, Planner> = new Map<string, Planner>([
  ['ablate ablate-zero', planAblation],
  ['ablate ablate-mean', planAblation],
  ['ablate ablate-resample', planAblation],
  ['ablate ablate-heads', planControl],
  ['patch activation-patching', planPatching],
  ['knockout attention-knockout', planKnockout],
  ['knockout token-knockout', planTokenKnockout],
  ['scale head-scaling', planScaling],
  ['self-repair self-repair', planSelfRepair],
])
const VERSION = 1

/**
 * The sweep of a request, from the request alone: its plan, and what makes the result of the plan's readings. The same
 * road for a first computation, for a rerun, for the parts of a long job and for workers elsewhere. Throws
 * `request-method` for a method that this version does not know.
 */
export async function planOfSpec(opened: Opened, request: SweepRequest, cut: SweepCut = {}): Promise<Sweep> {
  const { command, method } = request
  const planner = method?.version === VERSION ? PLANNERS.get(`${command} ${method.id}`) : undefined
  if (planner) return await planner(opened, request, cut)
  throw new HeadwiseError(
    `The method "${method?.id}", version ${method?.version}, of "${command}" cannot be computed by this version.`,
    {
      code: 'request-method',
      where: 'spec.request.method',
      found: method?.id,
      allowed: [...PLANNERS.keys()].map(key => key.split(' ')[1]),
    },
  )
}
