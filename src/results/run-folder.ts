import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bad } from '../checkpoint/fault.ts'
import { makeFolder, readBounded, systemCode } from '../checkpoint/files.ts'
import { HeadwiseError, printable } from '../words/error.ts'
import type { Spec } from '../words/spec.ts'
import { toJson } from './json.ts'
import { Lock, type LockOptions } from './lock.ts'
import { checkManifest, manifestOf } from './manifest.ts'
import { decodePart, encodePart, MAX_PART_BYTES, type PartName } from './part.ts'
import type { Rows } from './rows.ts'
import { syncFolder, writeWhole } from './write.ts'

const MANIFEST = 'manifest.json'
const LOCK = 'lock'
/** As many as the digits of their names can count. */
const MAX_PARTS = 1_000_000

/** Puts a whole file on the disk under its final name, or leaves nothing. */
export type WriteFile = (path: string, bytes: string | Uint8Array) => void

export interface RunFolderOptions extends LockOptions {
  /** Takes the place of the disk in tests of what happens when it is full. */
  readonly write?: WriteFile
}

const fileOf = (part: number): string => `part-${String(part).padStart(6, '0')}.parquet`
const partOf = (name: string): number | undefined => {
  const digits = /^part-(\d{6})\.parquet$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
/** What a killed writer leaves behind. */
const isUnfinished = (name: string): boolean =>
  /^\.(manifest\.json|part-\d{6}\.parquet|lock)\.[0-9a-f]{12}\.part$/.test(name)
const isOurs = (name: string): boolean => name === LOCK || isUnfinished(name)

/** Whatever the file system says about a run folder, as one sentence that tells what is safe and what to do. */
function folderFault(error: unknown, folder: string, doing: string): unknown {
  const found = error instanceof HeadwiseError ? error.code === 'out-write' && error.found : systemCode(error)
  if (!found) return error
  return new HeadwiseError(
    `${printable(folder)}: ${doing} failed (${found}); the parts that were finished are kept, and the same command resumes from them once the folder can be written again.`,
    { code: 'run-folder', fault: 'failed', file: folder, where: doing, found },
    { cause: error },
  )
}

function within<T>(folder: string, doing: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw folderFault(error, folder, doing)
  }
}

const tooMany = (folder: string, parts: number): HeadwiseError =>
  new HeadwiseError(`This run has ${parts} parts, and a run folder holds ${MAX_PARTS}; split it into several runs.`, {
    code: 'run-parts',
    fault: 'usage',
    file: folder,
    where: 'parts',
    found: parts,
    allowed: MAX_PARTS,
  })

/** Makes the folder, or refuses one that holds something else. */
function begin(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false })
  if (!there) {
    makeFolder(folder)
    syncFolder(dirname(folder))
    return
  }
  const names = there.isDirectory() ? readdirSync(folder) : undefined
  if (names?.includes(MANIFEST) || names?.every(isOurs)) return
  const found = names
    ? `other files (${printable(
        names.find(n => !isOurs(n)),
        80,
      )})`
    : 'no folder'
  throw new HeadwiseError(`${printable(folder)} holds no run, but ${found}; give a new or an empty folder.`, {
    code: 'run-other',
    fault: 'usage',
    file: folder,
    where: '--run',
    found,
    allowed: 'a run folder, an empty or a new folder',
  })
}

/**
 * The parts of a long job on the disk: `manifest.json`, which says what they are parts of, and one immutable Parquet
 * file each. A part is there whole or not at all, whatever kills the program; one that is not what it should be is set
 * aside by name and computed again. One process writes in a folder at a time.
 */
export class RunFolder implements Disposable {
  readonly #folder: string
  readonly #spec: string
  readonly #lock: Lock
  readonly #write: WriteFile
  readonly #done = new Set<number>()
  readonly parts: number

  private constructor(folder: string, spec: Spec, parts: number, lock: Lock, write: WriteFile) {
    this.#folder = folder
    this.#spec = spec.hash
    this.parts = parts
    this.#lock = lock
    this.#write = write
  }

  /**
   * Opens the folder of a run, or begins one. Throws `run-locked` while another process writes in it, `run-differs` and
   * `run-manifest` when it belongs to another run or cannot be read, `run-other` when it holds something else.
   */
  static async open(folder: string, spec: Spec, parts: number, o: RunFolderOptions = {}): Promise<RunFolder> {
    const write = o.write ?? writeWhole
    if (parts > MAX_PARTS) throw tooMany(folder, parts)
    within(folder, 'opening it', () => begin(folder))
    const lock = await Lock.take(join(folder, LOCK), o).catch((error: unknown) => {
      throw folderFault(error, folder, 'locking it')
    })
    try {
      return within(folder, 'opening it', () => {
        const opened = new RunFolder(folder, spec, parts, lock, write)
        opened.#settle(spec, o.note)
        return opened
      })
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  /** Compares the folder with the run, cleans up after a killed writer, and finds the parts that stand. */
  #settle(spec: Spec, note: RunFolderOptions['note']): void {
    const names = readdirSync(this.#folder)
    for (const name of names.filter(isUnfinished)) rmSync(join(this.#folder, name), { force: true })
    const manifest = join(this.#folder, MANIFEST)
    const now = manifestOf(spec, this.parts)
    if (names.includes(MANIFEST)) checkManifest(manifest, now)
    else this.#write(manifest, toJson(now))
    for (const name of names) {
      const part = partOf(name)
      if (part === undefined) continue
      if (part >= this.parts) {
        const details = { code: 'run-differs', file: this.#folder, where: name, found: part, allowed: this.parts }
        throw bad(details, `it holds ${name}, but the manifest counts ${this.parts} parts; delete that file.`)
      }
      if (this.#stands(part, note)) this.#done.add(part)
    }
  }

  #name(part: number): PartName {
    return { spec: this.#spec, part }
  }

  #read(part: number): Rows {
    const file = join(this.#folder, fileOf(part))
    return decodePart(readBounded(file, MAX_PART_BYTES), this.#name(part), file)
  }

  /** Whether a part is what it should be; one that is not gets another name. */
  #stands(part: number, note: RunFolderOptions['note']): boolean {
    try {
      this.#read(part)
      return true
    } catch (error) {
      if (!(error instanceof HeadwiseError) || error.fault !== 'data') throw error
      const file = join(this.#folder, fileOf(part))
      let n = 1
      while (existsSync(`${file}.bad-${n}`)) n++
      renameSync(file, `${file}.bad-${n}`)
      note?.(`${error.message} It is kept as ${fileOf(part)}.bad-${n}, and part ${part} is computed again.`)
      return false
    }
  }

  /** The parts that are still to be computed, in order. */
  missing(): number[] {
    return Array.from({ length: this.parts }, (_, part) => part).filter(part => !this.#done.has(part))
  }

  /** Records a part: it is on the disk, whole, when this returns. */
  put(part: number, rows: Rows): void {
    if (this.#done.has(part)) return
    within(this.#folder, `writing ${fileOf(part)}`, () => {
      if (!this.#lock.holds()) throw this.#lost()
      this.#write(join(this.#folder, fileOf(part)), encodePart(rows, this.#name(part)))
    })
    this.#done.add(part)
  }

  #lost(): HeadwiseError {
    const gone = !existsSync(this.#folder)
    const what = gone ? 'is gone' : 'was taken over by another process'
    const remedy = gone ? 'bring it back, or begin again' : 'let that one finish, or use another folder'
    return new HeadwiseError(`${printable(this.#folder)} ${what} while parts were computed; ${remedy}.`, {
      code: gone ? 'run-gone' : 'run-locked',
      fault: 'failed',
      file: this.#folder,
      where: LOCK,
      found: what,
    })
  }

  /** The rows of every part, in the order of the parts, read back from the disk. */
  *rows(): Generator<Rows> {
    for (let part = 0; part < this.parts; part++)
      yield within(this.#folder, `reading ${fileOf(part)}`, () => this.#read(part))
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]()
  }
}
