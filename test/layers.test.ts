import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** The reading order of the house: a file imports only from its own folder and the folders before it. */
const layers = [
  'words',
  'graph',
  'runtime',
  'checkpoint',
  'text',
  'results',
  'statistics',
  'attention',
  'models',
  'runs',
  'heads',
  'library',
  'cli',
] as const

const src = join(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true })
  .map(String)
  .filter(f => f.endsWith('.ts'))
/** Files that stand directly in src/ are the package's face and may import every layer before `cli`. */
const layerOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : 'library')
const imports = (file: string) =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(m =>
    join(file, '..', m[1]!),
  )

test('every folder of src is a layer', () => {
  expect([...new Set(files.map(layerOf))].filter(l => !layers.includes(l as (typeof layers)[number]))).toEqual([])
})

test('a file imports only from layers before its own', () => {
  const upward = files.flatMap(f =>
    imports(f)
      .filter(t => layers.indexOf(layerOf(t) as never) > layers.indexOf(layerOf(f) as never))
      .map(t => `${f} imports ${t}`),
  )
  expect(upward).toEqual([])
})

test('the inference runtimes are imported by one file each', () => {
  const importers = files.filter(f => /'onnxruntime-(node|web)'/.test(readFileSync(join(src, f), 'utf8')))
  expect(importers.filter(f => !['runtime/node.ts', 'runtime/web.ts'].includes(f))).toEqual([])
})
