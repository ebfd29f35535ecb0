import { bad, show } from '../../checkpoint/fault.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** What an absent field (or null) means; without it the field must be there. */
  readonly absent?: number
}

/** The fields of one configuration, each asked for with what it may be; every refusal names file, field and limits. */
export class Fields {
  readonly file: string
  readonly #prefix: string
  readonly #get: (key: string) => unknown

  constructor(file: string, get: (key: string) => unknown, prefix = '') {
    this.file = file
    this.#get = get
    this.#prefix = prefix
  }

  /** The field, or undefined where it is absent or null. */
  raw(key: string): unknown {
    return this.#get(this.#prefix + key) ?? undefined
  }

  fault(key: string, found: unknown, allowed: string): Error {
    const where = this.#prefix + key
    const details = { code: 'config-field', file: this.file, where, found, allowed }
    return bad(details, `${where} is ${show(found)}; allowed is ${allowed}.`)
  }

  #number(key: string, { min, max, absent }: Bounds, whole: boolean): number {
    const value = this.raw(key) ?? absent
    if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value
    const found = this.raw(key) === undefined ? this.#get(this.#prefix + key) : value
    throw this.fault(key, found, `${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`)
  }

  int(key: string, bounds: Bounds): number {
    return this.#number(key, bounds, true)
  }

  number(key: string, bounds: Bounds): number {
    return this.#number(key, bounds, false)
  }

  bool(key: string, absent: boolean): boolean {
    const value = this.raw(key) ?? absent
    if (typeof value === 'boolean') return value
    throw this.fault(key, value, 'true or false')
  }

  text(key: string, absent: string): string {
    const value = this.raw(key) ?? absent
    if (typeof value === 'string') return value
    throw this.fault(key, value, 'a text')
  }
}
