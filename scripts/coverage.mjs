// Writes docs/coverage.md from docs/coverage.json (kept by hand) and from the detectors that the package holds.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { papers, methods, families, capabilities } = JSON.parse(readFileSync(join(root, 'docs/coverage.json'), 'utf8'))
const { detectors } = await import('../dist/heads/detectors/index.js')
const { offset } = await import('../dist/heads/detectors/offset.js')

const row = cells => `| ${cells.join(' | ')} |`
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
const exists = path => {
  if (existsSync(join(root, path))) return path
  throw new Error(`docs/coverage.json names ${path}, which does not exist`)
}
const link = path => `[${path.replace(/^(src|test)\//, '').replace(/(\.test)?\.ts$/, '')}](../${exists(path)})`
const named = number => {
  if (papers[number]) return papers[number]
  throw new Error(`docs/coverage.json names no paper ${number}`)
}
const tests = ({ status, tests: files, name }) => {
  if ((status === 'not yet') === files.length > 0) throw new Error(`${name}: ${status}, but ${files.length} tests`)
  return files.map(f => link(`test/${f}`)).join(', ') || '–'
}

const ofDetector = d => ({ id: `\`${d.id}\``, papers: d.papers, file: `heads/detectors/${d.id}` })
const measured = [
  ...detectors.map(ofDetector),
  { id: '`offset-N`', papers: offset(0).papers, file: 'heads/detectors/offset' },
  ...methods,
]

writeFileSync(
  join(root, 'docs/coverage.md'),
  `# Coverage

What works, what works partly, and what does not yet, each with the tests that prove it. This page is written by
\`scripts/coverage.mjs\`.

## Detectors and methods

${table(
  ['id', 'paper', 'code', 'test'],
  measured.map(m => [
    m.id,
    m.papers.map(named).join('; ') || '–',
    link(`src/${m.file}.ts`),
    link(`test/${m.file}.test.ts`),
  ]),
)}

## Families of models

${table(
  ['family', 'state', 'tests'],
  families.map(f => [f.name, f.status, tests(f)]),
)}

## Capabilities, for the families that work

${table(
  ['capability', 'state', 'tests'],
  capabilities.map(c => [c.name, c.note ? `${c.status}: ${c.note}` : c.status, tests(c)]),
)}
`,
)
