import { readAddress, writeAddress } from './address.ts'
import { AddressBar } from './address-bar.ts'
import { sameParse } from './parse.ts'
import { type EditSet, readSets, withSet, writeSets } from './sets.ts'
import { promptKey, type State } from './state.ts'
import { begin, redo, settle, step, type Timeline, undo } from './timeline.ts'
import { withParse, withPrompt } from './update.ts'

const SETS = 'headwise.sets'
const THEME = 'headwise.theme'
const KEYS = 'headwise.keys'

/** What undo brings back: the prompt with its parse, and what is done to its heads. Where one looks stays. */
type Work = Pick<State, 'prompt' | 'edits' | 'parse'>

/**
 * A key; and the query, where a cell of the pattern or an arc is pointed at; or a query alone, where what attends to several
 * tokens is shown.
 */
export interface Pointed {
  readonly key?: number | undefined
  readonly query?: number | undefined
}

/** Light, dark, or as the system has it. */
export type ThemeChoice = 'light' | 'dark' | 'auto'

const sameWork = (a: Work, b: Work): boolean =>
  a.edits === b.edits && promptKey(a.prompt) === promptKey(b.prompt) && sameParse(a.parse, b.parse)

/** The page's one state, its past, and what the browser keeps for the next visit. */
export class Workbench {
  state = $state.raw<State>(readAddress('').state)
  /** Whether the address names the model; else the engine's first one is shown. */
  named = $state(false)
  /** What in the address was not understood. */
  problems = $state.raw<readonly string[]>([])
  sets = $state.raw<readonly EditSet[]>([])
  themeChoice = $state<ThemeChoice>('auto')
  singleKeys = $state(true)
  /** What the pointer or a cursor is on in text and pattern, while it is there. */
  pointed = $state.raw<Pointed>()
  #systemDark = $state(false)
  /** Whether the page is on its way to paper. */
  printing = $state(false)
  #work = $state.raw<Timeline<Work>>(begin<Work>(workOf(this.state)))
  readonly #window: Window
  readonly #bar: AddressBar

  constructor(window: Window) {
    this.#window = window
    this.#bar = new AddressBar(window.history, '')
    this.#read()
    this.#work = begin<Work>(workOf(this.state))
    this.sets = readSets(this.#stored(SETS))
    const theme = this.#stored(THEME)
    if (theme === 'light' || theme === 'dark') this.themeChoice = theme
    this.singleKeys = this.#stored(KEYS) !== 'off'
    const dark = window.matchMedia('(prefers-color-scheme: dark)')
    this.#systemDark = dark.matches
    dark.addEventListener('change', e => {
      this.#systemDark = e.matches
    })
    const print = window.matchMedia('print')
    print.addEventListener('change', e => {
      this.printing = e.matches
    })
    // Back, forward, and addresses that are typed in.
    window.addEventListener('popstate', () => this.#read())
    window.addEventListener('hashchange', () => this.#read())
    window.addEventListener('pagehide', () => this.#bar.flush())
    this.#paint()
  }

  /** What is drawn in; paper is light. */
  get theme(): 'light' | 'dark' {
    if (this.printing) return 'light'
    if (this.themeChoice !== 'auto') return this.themeChoice
    return this.#systemDark ? 'dark' : 'light'
  }
  /** The edge that is told of: what is pointed at, else what was chosen. */
  get edge(): Pointed | undefined {
    const { key, incoming } = this.state
    return this.pointed ?? (key === undefined || incoming ? undefined : { key })
  }
  /** An address that brings this state back. */
  get link(): string {
    return new URL(writeAddress(this.state), this.#window.location.href).href
  }
  get canUndo(): boolean {
    return this.#work.past.length > 0
  }
  get canRedo(): boolean {
    return this.#work.future.length > 0
  }

  /** A step; steps of one `gesture` are one entry in the history until it is settled. */
  to(next: State, gesture?: string): void {
    if (!sameWork(this.state, next)) this.#work = step<Work>(this.#work, workOf(next), gesture)
    this.state = next
    this.problems = []
    this.#bar.step(writeAddress(next), gesture)
  }

  /** The engine's own model in place of the page's, where nobody asked for another. No step of anybody's. */
  adopt(model: string): void {
    if (this.named || model === this.state.model) return
    this.amend({ ...this.state, model })
  }

  /** A state that the model makes necessary, with what there is to say about it. No step of anybody's either. */
  amend(state: State, problem?: string): void {
    if (problem !== undefined) this.problems = [...this.problems, problem]
    this.state = state
    this.#bar.amend(writeAddress(state))
  }

  settle(): void {
    this.#work = settle(this.#work)
    this.#bar.settle()
  }
  undo(): void {
    this.#travel(undo(this.#work))
  }
  redo(): void {
    this.#travel(redo(this.#work))
  }

  keepSet(name: string): void {
    this.#keepSets(withSet(this.sets, { name, lines: this.state.edits }))
  }
  dropSet(name: string): void {
    this.#keepSets(this.sets.filter(s => s.name !== name))
  }
  setTheme(choice: ThemeChoice): void {
    this.themeChoice = choice
    this.#store(THEME, choice)
    this.#paint()
  }
  setSingleKeys(on: boolean): void {
    this.singleKeys = on
    this.#store(KEYS, on ? 'on' : 'off')
  }

  #travel(to: Timeline<Work>): void {
    if (to === this.#work) return
    this.#work = to
    const { prompt, edits, parse } = to.now
    const samePrompt = promptKey(prompt) === promptKey(this.state.prompt)
    const there = samePrompt ? this.state : withPrompt(this.state, prompt)
    this.state = { ...(sameParse(there.parse, parse) ? there : withParse(there, parse)), prompt, edits }
    this.problems = []
    this.#bar.step(writeAddress(this.state))
  }

  #read(): void {
    this.named = /^#[^/?]/.test(this.#window.location.hash)
    const { state, problems } = readAddress(this.#window.location.hash)
    const address = writeAddress(state)
    this.#bar.moved(address)
    this.problems = problems
    if (address === writeAddress(this.state)) return
    this.state = state
    if (!sameWork(this.#work.now, state)) this.#work = step<Work>(this.#work, workOf(state))
  }

  #keepSets(sets: readonly EditSet[]): void {
    this.sets = sets
    this.#store(SETS, writeSets(sets))
  }
  /** Storage may be forbidden or full; the page works without it. */
  #store(key: string, value: string): void {
    try {
      this.#window.localStorage.setItem(key, value)
    } catch {}
  }
  #stored(key: string): string | null {
    try {
      return this.#window.localStorage.getItem(key)
    } catch {
      return null
    }
  }
  #paint(): void {
    this.#window.document.documentElement.dataset.theme = this.themeChoice
  }
}

const workOf = ({ prompt, edits, parse }: State): Work => ({ prompt, edits, ...(parse && { parse }) })
