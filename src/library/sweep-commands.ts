import type { Request } from '../words/spec.ts'

/** The commands whose results are sweeps: planned, cut into parts, computed anywhere from the request alone. */
export const SWEEP_COMMANDS: ReadonlySet<Request['command']> = new Set([
  'ablate',
  'patch',
  'knockout',
  'scale',
  'self-repair',
])
