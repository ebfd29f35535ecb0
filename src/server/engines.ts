import { Host } from '../runtime/host.ts'
import type { Kind } from '../service/verbs.ts'
import { HeadwiseError } from '../words/error.ts'
import { Line } from './line.ts'
import type { Done, EngineOptions, Task, Told } from './task.ts'

/** Quick questions, continuations and long jobs do not wait for each other. */
type Role = Kind

/** How many may wait for their turn. */
const LIMITS: Readonly<Record<Role, number>> = { quick: 64, stream: 16, long: 16 }
const NAMES: Readonly<Record<Role, string>> = { quick: 'questions', stream: 'continuations', long: 'jobs' }
/** How long (ms) an engine may go on after it was stopped; then it is killed and the spare takes its place. */
const PATIENCE = 2000
/** How long (ms) after the first work a spare is started: it must not slow down the start. */
const SPARE_AFTER = 3000

export interface ServedModel {
  /** What callers say. */
  readonly name: string
  /** What is opened. */
  readonly reference: string
}

export interface EngineSetup {
  readonly models: readonly [ServedModel, ...ServedModel[]]
  readonly options: EngineOptions
  /** The module that each engine process runs. */
  readonly entry: URL
  /** A sentence for whoever started the server. */
  readonly note?: ((text: string) => void) | undefined
}

interface Started {
  readonly host: Host
  readonly ready: Promise<unknown>
}

/** The engine processes of one model, one for each role that was asked for, and a warm spare. */
class Crew {
  readonly #hosts = new Map<Role, Started>()
  #spare: Started | undefined
  #clock: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    readonly model: ServedModel,
    readonly setup: EngineSetup,
  ) {}

  #start(): Started {
    const { models, options, entry, note } = this.setup
    const host = new Host(entry, { patience: PATIENCE })
    const task: Task = { do: 'open', ...this.model, models: models.map(m => m.name), options }
    const onEvent = (told: unknown): void => {
      if ('note' in (told as Told)) note?.((told as { note: string }).note)
    }
    const ready = host.call(task, { onEvent })
    // Whoever uses the process meets the failure; a spare that nobody uses must not end the server.
    ready.catch(() => undefined)
    return { host, ready }
  }

  /** The process of a role, with its model open. */
  async host(role: Role): Promise<Host> {
    let started = this.#hosts.get(role)
    if (!started?.host.alive) {
      started = this.#spare?.host.alive ? this.#spare : this.#start()
      this.#spare = undefined
      this.#hosts.set(role, started)
    }
    try {
      await started.ready
    } catch (error) {
      // The next one tries anew: what was missing may be there then.
      if (this.#hosts.get(role) === started) this.#hosts.delete(role)
      started.host.kill()
      throw error
    }
    this.#keepSpare()
    return started.host
  }

  #keepSpare(): void {
    if (this.#spare?.host.alive || this.#clock || this.#closed) return
    this.#clock = setTimeout(() => {
      this.#clock = undefined
      if (!this.#closed && !this.#spare?.host.alive) this.#spare = this.#start()
    }, SPARE_AFTER)
    this.#clock.unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#clock)
    const all = [...this.#hosts.values(), ...(this.#spare ? [this.#spare] : [])]
    await Promise.all(all.map(s => s.host[Symbol.asyncDispose]()))
  }
}

/** Every engine of the server: the process that serves never runs one itself. */
export class Engines implements AsyncDisposable {
  readonly #crews: ReadonlyMap<string, Crew>
  readonly #lines = new Map<string, Line>()

  constructor(readonly setup: EngineSetup) {
    this.#crews = new Map(setup.models.map(m => [m.name, new Crew(m, setup)]))
  }

  /** The name of a model that the server was started with; the first where none is said. Throws `model-unknown`. */
  modelName(name: string | undefined): string {
    const known = [...this.#crews.keys()]
    if (name === undefined) return known[0]!
    if (this.#crews.has(name)) return name
    throw new HeadwiseError(
      `model is ${JSON.stringify(name.slice(0, 80))}; this server was started with ${known.join(', ')} and opens nothing else.`,
      { code: 'model-unknown', fault: 'usage', where: 'model', found: name, allowed: known },
    )
  }

  /** Starts the first process of every model, so that what cannot be opened is told of at once. */
  async open(): Promise<void> {
    for (const crew of this.#crews.values()) await crew.host('quick')
  }

  /** Asks an engine; throws `busy` at once when too many wait. */
  call(
    model: string,
    role: Role,
    task: Task,
    o: { readonly signal: AbortSignal; readonly onEvent?: (told: Told) => void },
  ): Promise<Done> {
    const key = `${role} ${model}`
    const line = this.#lines.get(key) ?? new Line(NAMES[role], LIMITS[role])
    this.#lines.set(key, line)
    const onEvent = (told: unknown): void => o.onEvent?.(told as Told)
    return line.run(async () => {
      const host = await this.#crews.get(model)!.host(role)
      return (await host.call(task, { signal: o.signal, onEvent })) as Done
    }, o.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#crews.values()].map(c => c.close()))
  }
}
