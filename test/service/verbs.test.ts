import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { isVerb, verbs } from '../../src/service/verbs.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/server.md'), 'utf8')

const keysOf = (schema: z.ZodType): string =>
  schema instanceof z.ZodUnion
    ? schema.options.map(o => keysOf(o as z.ZodType)).join(' or ')
    : Object.keys((schema as z.ZodObject).shape)
        .map(k => `\`${k}\``)
        .join(', ')

test('the page lists every verb with its parameters', () => {
  const rows = Object.entries(verbs).map(
    ([name, { kind, params, summary }]) => `| \`${name}\` | ${kind} | ${keysOf(params)} | ${summary} |`,
  )
  const table = page.slice(page.indexOf('| verb | kind |')).split('\n\n')[0]!
  expect(table.split('\n').slice(2)).toEqual(rows)
})

test('names that every object has are no verbs', () => {
  for (const name of ['toString', '__proto__', 'constructor', 'hasOwnProperty', '', 'Next'])
    expect(isVerb(name)).toBe(false)
  expect(isVerb('next')).toBe(true)
})
