import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { circles } from './support/circles.ts'

/** The reading order of the house: a file imports only from its own folder and the folders before it. */
const layers: readonly string[] = [
  'words',
  'graph',
  'runtime',
  'checkpoint',
  'text',
  'results',
  'statistics',
  'figures',
  'views',
  'attention',
  'models',
  'runs',
  'jobs',
  'tasks',
  'heads',
  'causal',
  'attribution',
  'library',
  'service',
  'server',
  'browser',
  'bench',
  'cli',
]

const MOST_LINES = 500

const src = join(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true })
  .map(String)
  .filter(f => f.endsWith('.ts'))
const text = (file: string) => readFileSync(join(src, file), 'utf8')
/** Files that stand directly in src/ are the package's face and may import every layer before `cli`. */
const layerOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : 'library')
const rank = (file: string) => layers.indexOf(layerOf(file))

/** The files of src that a file imports, types and dynamic imports included. */
const imports = (file: string): string[] =>
  [...text(file).matchAll(/\b(?:from|import)\s*\(?\s*(['"])(\.[^'"]+)\1/g)].map(m => join(file, '..', m[2]!))
const graph = new Map(files.map(f => [f, imports(f)]))

test('every folder of src is a layer', () => {
  expect(files.filter(f => rank(f) < 0)).toEqual([])
})

test('imports name files that exist', () => {
  expect([...graph].flatMap(([f, to]) => to.filter(t => !graph.has(t)).map(t => `${f} imports ${t}`))).toEqual([])
})

test('a file imports only from layers before its own', () => {
  const upward = [...graph].flatMap(([f, to]) => to.filter(t => rank(t) > rank(f)).map(t => `${f} imports ${t}`))
  expect(upward).toEqual([])
})

test('no files import each other in a circle', () => {
  expect(circles(graph)).toEqual([])
})

test('a circle is found, whichever file one starts from, and a diamond is none', () => {
  const ring = new Map([
    ['out', ['a']],
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a']],
  ])
  expect(circles(ring)).toEqual(['a → b → c → a'])
  const diamond = new Map([
    ['top', ['left', 'right']],
    ['left', ['end']],
    ['right', ['end']],
    ['end', []],
  ])
  expect(circles(diamond)).toEqual([])
})

test(`no file is longer than ${MOST_LINES} lines`, () => {
  expect(files.filter(f => text(f).split('\n').length > MOST_LINES)).toEqual([])
})

test('the inference runtimes are imported by one file each', () => {
  const values = (f: string) => text(f).replace(/^import type .*$/gm, '')
  const importers = files.filter(f => /['"]onnxruntime-(node|web)['"/]/.test(values(f)))
  expect(importers.filter(f => !['runtime/node.ts', 'runtime/web.ts'].includes(f))).toEqual([])
})

test('weights are known by name in models alone: elsewhere a model of other names would not be read', () => {
  const named = files.filter(f => /model\.layers|lm_head|embed_tokens|self_attn/.test(text(f)))
  expect(named.filter(f => layerOf(f) !== 'models')).toEqual([])
})
