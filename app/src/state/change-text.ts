import type { At, Change, Line } from './change.ts'
import { headName, parseHead } from './head.ts'

/**
 * How a change is written in an address: `z:6.5*0`, `z:5.4~mean`, `z:6.1*0.4@last`, `z:4.2<another prompt`,
 * `scores:6.5!14>3+4` (queries > keys). A leading `-` is a line that is switched off.
 */
export function writeLine({ change, on }: Line): string {
  return `${on ? '' : '-'}${writeChange(change)}`
}

const writeAt = (at: At): string => (at === 'all' ? '' : `@${at === 'last' ? at : at.join('+')}`)

function writeChange(change: Change): string {
  const head = headName(change.head)
  switch (change.kind) {
    case 'scale':
      return `z:${head}*${change.by}${writeAt(change.at)}`
    case 'mean':
      return `z:${head}~mean${writeAt(change.at)}`
    case 'patch':
      return `z:${head}${writeAt(change.at)}<${change.from}`
    case 'knockout':
      return `scores:${head}!${change.queries.join('+')}>${change.keys.join('+')}`
  }
}

const MOST_PLACES = 4096
const places = (text: string): number[] | undefined =>
  /^\d{1,6}(\+\d{1,6})*$/.test(text) ? [...new Set(text.split('+').slice(0, MOST_PLACES).map(Number))] : undefined

function readAt(text: string | undefined): At | undefined {
  if (text === undefined) return 'all'
  return text === 'last' ? text : places(text)
}

const NUMBER = /^-?(\d{1,22})(\.\d{1,22})?(e[-+]?\d{1,2})?$/
const SETTING = /^z:(\d+\.\d+)(?:\*([-+\d.e]+)|(~mean))(?:@([^@]+))?$/
const PATCH = /^z:(\d+\.\d+)(?:@([^@<]+))?<(.*)$/s
const KNOCKOUT = /^scores:(\d+\.\d+)!([\d+]+)>([\d+]+)$/

/** The line that such a text stands for; undefined where it is none. */
export function readLine(text: string): Line | undefined {
  const on = !text.startsWith('-')
  const change = readChange(on ? text : text.slice(1))
  return change && { change, on }
}

function readChange(text: string): Change | undefined {
  return readSetting(text) ?? readPatch(text) ?? readKnockout(text)
}

function readSetting(text: string): Change | undefined {
  const [, name = '', number, , place] = SETTING.exec(text) ?? []
  const [head, at] = [parseHead(name), readAt(place)]
  if (!head || !at) return undefined
  if (number === undefined) return { kind: 'mean', head, at }
  return NUMBER.test(number) ? { kind: 'scale', head, by: Number(number) + 0, at } : undefined
}

function readPatch(text: string): Change | undefined {
  const [, name = '', place, from = ''] = PATCH.exec(text) ?? []
  const [head, at] = [parseHead(name), readAt(place)]
  return head && at && from !== '' ? { kind: 'patch', head, from, at } : undefined
}

function readKnockout(text: string): Change | undefined {
  const [, name = '', from = '', to = ''] = KNOCKOUT.exec(text) ?? []
  const [head, queries, keys] = [parseHead(name), places(from), places(to)]
  return head && queries && keys ? { kind: 'knockout', head, queries, keys } : undefined
}
