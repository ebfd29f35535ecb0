import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder for one test, removed with `using`. */
export class Scratch implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'headwise-test-')))

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Writes a file, with its folders, and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Points the cache at a folder of its own until disposed. */
export class ScratchCache extends Scratch {
  readonly #before = process.env.HEADWISE_CACHE

  constructor() {
    super()
    process.env.HEADWISE_CACHE = this.folder
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    if (this.#before === undefined) delete process.env.HEADWISE_CACHE
    else process.env.HEADWISE_CACHE = this.#before
  }
}
