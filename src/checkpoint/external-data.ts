import { lstatSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { bad, show } from './fault.ts'
import { assertRegular, isAbsent, systemFault } from './files.ts'
import { fileNameFault } from './folder-member.ts'

/** Names by which ONNX Runtime takes a location for an address in its own memory. */
const MEMORY_MARKER = /_MEM_ADDR_/i
const DECIMAL = /^(0|[1-9][0-9]{0,18})$/
export const EXTERNAL_KEYS: readonly string[] = ['location', 'offset', 'length', 'checksum']

/** Where the bytes of a tensor lie: `length` bytes from `offset` of the file `location` beside the model. */
export interface ExternalSpan {
  readonly location: string
  readonly offset: number
  readonly length: number
}

/**
 * The files beside one model, judged when first asked for. A location is a relative path of plain names by the rules of
 * POSIX and Windows both. It is no link, no hard link, and stays within the folder with all linked parents followed:
 * what a model reads as weights must be what came with it.
 */
export class ExternalFiles {
  readonly #model: string
  readonly #sizes = new Map<string, number>()

  constructor(model: string) {
    this.#model = model
  }

  /**
   * Judges the `external_data` entries of a tensor whose shape takes `bytes` bytes. Keys that are unknown or stand twice
   * are refused; a checksum is not compared.
   */
  span(where: string, stated: readonly (readonly [key: string, value: string])[], bytes: number): ExternalSpan {
    const entries = new Map<string, string>()
    for (const [key, value] of stated) {
      if (EXTERNAL_KEYS.includes(key) && !entries.has(key)) {
        entries.set(key, value)
        continue
      }
      const allowed = `${EXTERNAL_KEYS.join(', ')}, once each`
      const details = { code: 'external-key', file: this.#model, where: `${where}, external_data`, found: key, allowed }
      const fault = entries.has(key) ? 'stands twice' : 'is unknown'
      throw bad(details, `the key ${show(key)} in the external data of ${where} ${fault}; allowed are ${allowed}.`)
    }
    const location = entries.get('location')
    if (location === undefined) {
      const details = { code: 'external-location', file: this.#model, where: `${where}, location`, found: 'nothing' }
      throw bad(details, `${where} is external, but names no location.`)
    }
    const size = this.#size(where, location)
    const number = (key: 'offset' | 'length', absent: number): bigint => {
      const text = entries.get(key) ?? String(absent)
      if (DECIMAL.test(text)) return BigInt(text)
      const allowed = 'a decimal number of at most 19 digits'
      const details = { code: `external-${key}`, file: this.#model, where: `${where}, ${key}`, found: text, allowed }
      throw bad(details, `the ${key} of ${where} is ${show(text)}; expected ${allowed}.`)
    }
    const length = number('length', bytes)
    if (length !== BigInt(bytes)) {
      const details = { code: 'external-length', file: this.#model, where: `${where}, length`, found: length }
      throw bad(
        { ...details, allowed: bytes },
        `the length of ${where} is ${length}, but its shape takes ${bytes} bytes.`,
      )
    }
    const offset = number('offset', 0)
    if (offset + length > BigInt(size)) {
      const details = { code: 'external-offset', file: this.#model, where: `${where}, offset`, found: offset }
      const sentence = `${where} takes ${length} bytes from offset ${offset}, but ${show(location)} has only ${size}.`
      throw bad({ ...details, allowed: `at most ${size - bytes}` }, sentence)
    }
    return { location, offset: Number(offset), length: bytes }
  }

  #size(where: string, location: string): number {
    const size = this.#sizes.get(location) ?? this.#judge(`${where}, location`, location)
    this.#sizes.set(location, size)
    return size
  }

  #judge(where: string, location: string): number {
    const allowed = 'a relative path of plain names'
    const details = { file: this.#model, where, found: location, allowed }
    if (MEMORY_MARKER.test(location))
      throw bad(
        { ...details, code: 'external-memory' },
        `${where} ${show(location)} marks an address in memory, no file.`,
      )
    const fault = location
      .split('/')
      .map(fileNameFault)
      .find(f => f !== undefined)
    if (fault !== undefined) {
      const why = location === '' ? 'is empty' : `has a part that ${fault}`
      throw bad({ ...details, code: 'external-location' }, `${where} ${show(location)} ${why}; expected ${allowed}.`)
    }
    const folder = dirname(this.#model)
    const path = join(folder, location)
    try {
      const stats = lstatSync(path)
      const found = stats.isSymbolicLink() ? path : realpathSync(dirname(path))
      if (stats.isSymbolicLink() || !`${found}${sep}`.startsWith(withEnd(realpathSync(folder)))) {
        const link = { ...details, code: 'external-link', found, allowed: "a file in the model's own folder" }
        throw bad(
          link,
          `${where} ${show(location)} leads through a link, to ${show(found)}; put the file itself there.`,
        )
      }
      assertRegular(stats, path)
      if (stats.nlink > 1) {
        const links = { ...details, code: 'external-hard-link', found: stats.nlink, allowed: 1 }
        throw bad(
          links,
          `${where} ${show(location)} is one of ${stats.nlink} names of a file; put a copy of its own there.`,
        )
      }
      return stats.size
    } catch (error) {
      if (!isAbsent(error)) throw systemFault(error, path, 'looking at it')
      const missing = { ...details, code: 'external-missing', found: 'nothing', allowed: location }
      throw bad(missing, `${where} names ${show(location)}, which is not beside ${basename(this.#model)}.`)
    }
  }
}

const withEnd = (folder: string): string => (folder.endsWith(sep) ? folder : `${folder}${sep}`)
