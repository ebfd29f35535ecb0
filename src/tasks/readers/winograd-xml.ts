import { bad } from '../../checkpoint/fault.ts'
import type { DataFile } from './folder.ts'

const MAX_SCHEMAS = 10_000
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', '&'],
])

/**
 * The schemas of the published WSCollection.xml, unchecked: `<schema>` elements with `<txt1>`, `<pron>`, `<txt2>`, two
 * `<answer>` and `<correctAnswer>` (A or B). Only these elements and the five predefined entities are read; nothing is
 * expanded or fetched, and the time is linear in the length of the file.
 */
export function collectionRows({ path, text }: DataFile): unknown[] {
  const schemas = text.split('</schema>').slice(0, -1)
  if (schemas.length === 0 || schemas.length > MAX_SCHEMAS) {
    const details = { code: 'data-xml', file: path, found: schemas.length, allowed: `1 to ${MAX_SCHEMAS}` }
    throw bad(details, `this file holds ${schemas.length} schemas; a collection has 1 to ${MAX_SCHEMAS}.`)
  }
  return schemas.map(schema => {
    const [first, second] = schema.split('</answer>')
    return {
      before: element(schema, 'txt1'),
      pronoun: element(schema, 'pron'),
      after: element(schema, 'txt2'),
      answers: [lastElement(first, 'answer'), lastElement(second, 'answer')],
      correct: ['A', 'B'].indexOf(element(schema, 'correctAnswer')?.charAt(0) ?? ''),
    }
  })
}

/** The text of the first such element, on one line, or undefined. */
function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`)
  const end = xml.indexOf(`</${name}>`, start)
  return start < 0 || end < 0 ? undefined : plain(xml.slice(start + name.length + 2, end))
}
/** What follows the last opening tag. */
function lastElement(xml: string | undefined, name: string): string | undefined {
  const start = xml?.lastIndexOf(`<${name}>`) ?? -1
  return xml === undefined || start < 0 ? undefined : plain(xml.slice(start + name.length + 2))
}
const plain = (xml: string): string =>
  xml
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/&\w{2,4};/g, entity => ENTITIES.get(entity) ?? entity)
