import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** One process, so that it is not taken for another with the same number. */
export interface ProcessIdentity {
  /** Where process ids mean the same: this start of this machine (or container). */
  readonly machine: string
  readonly pid: number
  /** When it began, in ticks since the machine's start, which no clock can move; empty where the system does not say. */
  readonly start: string
}

/** The machine and its present start; without Linux's word for it, the host's name, which a restart does not change. */
function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** Fields 3 and 22 of /proc/PID/stat; the command's name before them may hold spaces and brackets. */
function statOf(pid: number): { readonly state: string; readonly start: string } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '' }
  } catch {
    return { state: '', start: '' }
  }
}

export const thisProcess = (): ProcessIdentity => ({
  machine: machine(),
  pid: process.pid,
  start: statOf(process.pid).start,
})

/** `unknown`: on another machine, or a process of that number lives here and the system does not say since when. */
export function isAlive({ machine: where, pid, start }: ProcessIdentity): boolean | 'unknown' {
  if (where !== machine()) return 'unknown'
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = statOf(pid)
  // One that has ended, but whose parent has not asked for its exit code.
  if (now.state === 'Z') return false
  return start === '' || now.start === '' ? 'unknown' : now.start === start
}
