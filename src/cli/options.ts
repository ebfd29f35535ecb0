import type { Command } from 'commander'
import { HeadwiseError } from '../words/error.ts'
import { nearest } from '../words/nearest.ts'

/** Wrong usage of an option: what was given and what is allowed. */
const wrongOption = (option: string, found: string, allowed: string): HeadwiseError =>
  new HeadwiseError(`${option} is ${JSON.stringify(found)}; allowed: ${allowed}.`, {
    code: 'option',
    fault: 'usage',
    where: option,
    found,
    allowed,
  })

interface Bounds {
  readonly from: number
  readonly to?: number
}

/** A parser for a whole number within bounds, written in decimal digits. */
export const wholeNumber =
  (option: string, { from, to = Number.MAX_SAFE_INTEGER }: Bounds) =>
  (text: string): number => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= from && value <= to) return value
    const upTo = to === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${to}`
    throw wrongOption(option, text, `a whole number, ${from}${upTo}`)
  }

/** A parser for a number within bounds; `above` leaves the lower bound out. */
export const decimal =
  (option: string, { from, to = Number.MAX_VALUE, above = false }: Bounds & { readonly above?: boolean }) =>
  (text: string): number => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN
    if ((above ? value > from : value >= from) && value <= to) return value
    const low = above ? `above ${from}` : `${from} or more`
    throw wrongOption(option, text, `a number ${low}${to === Number.MAX_VALUE ? '' : `, at most ${to}`}`)
  }

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** A parser for an amount of memory: bytes, or a number with K, M, G or T. */
const memory =
  (option: string) =>
  (text: string): number => {
    const [, number, unit = ''] = /^(\d{1,15}(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/i.exec(text) ?? []
    const value = Math.floor(Number(number) * UNITS[unit.toUpperCase()]!)
    if (value >= 1 && Number.isSafeInteger(value)) return value
    throw wrongOption(option, text, 'bytes, or a number with K, M, G or T, as in 4G')
  }

/** A parser for one of some names; an unknown one gets the nearest. */
export const oneOf =
  <T extends string>(option: string, names: readonly T[]) =>
  (text: string): T => {
    const known = names.find(n => n === text)
    if (known !== undefined) return known
    const near = nearest(text, names)
    throw new HeadwiseError(
      `${option} is ${JSON.stringify(text)}; the nearest is ${near[0]}; allowed: ${names.join(', ')}.`,
      { code: 'option', fault: 'usage', where: option, found: text, allowed: names },
    )
  }

/** A parser for names between commas; empty ones are refused. */
export const list =
  (option: string) =>
  (text: string): string[] => {
    const names = text.split(',').map(name => name.trim())
    if (names.some(name => name === '')) throw wrongOption(option, text, 'names between commas')
    return names
  }

/** Gathers an option that may be given several times. */
export const gather = (text: string, before: readonly string[] = []): string[] => [...before, text]

export const DEVICES = ['cpu', 'webgpu', 'auto', 'wasm', 'reference'] as const
export type DeviceOption = (typeof DEVICES)[number]

/** What every command that opens a model takes. */
export interface ModelOptions {
  readonly device?: DeviceOption
  readonly threads?: number
  readonly budget?: number
  readonly verify?: boolean
  readonly acceptNonFinite?: boolean
}

/** `verify` tells what that option does here. */
export const withModelOptions = (command: Command, verify = 'hash and check all weights again'): Command =>
  command
    .option(
      '--device <name>',
      'what computes: cpu (default), webgpu, auto (the faster of them), wasm, or reference (slow, exact order)',
      oneOf('--device', DEVICES),
    )
    .option('--threads <n>', 'cores for one operation', wholeNumber('--threads', { from: 1, to: 1024 }))
    .option('--budget <size>', 'most memory for activations and captures, as in 4G', memory('--budget'))
    .option('--verify', verify)
    .option('--accept-non-finite', 'load weights that hold NaN or infinities')

export interface OutputOptions {
  readonly json?: boolean
  readonly out?: string
  readonly force?: boolean
}

export const withOutputOptions = (command: Command, suffixes: string): Command =>
  command
    .option('--json', 'one JSON document on stdout and nothing else')
    .option('--out <file>', `write the result to a file: ${suffixes}`)
    .option('--force', 'replace an existing --out file')

export const withSeed = (command: Command): Command =>
  command.option('--seed <n>', 'seed of every random draw (default 0)', wholeNumber('--seed', { from: 0 }))

export const withTokens = (command: Command): Command =>
  command.option('--tokens <file>', 'token ids instead of text: a JSON list of ids, or a list of such lists')

export const withEdits = (command: Command): Command =>
  command.option(
    '--edit <file>',
    'edits to apply: a JSON list, as in [{"do":"zero","at":{"site":"z","layer":6},"heads":[5]}]',
  )
