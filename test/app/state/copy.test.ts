import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { asCommand, asTypeScript, type Shown } from '../../../app/src/state/copy.ts'
import { type EditInput, load } from '../../../src/index.ts'

const shown: Shown = {
  model: 'specimen',
  prompt: { text: "Lily's key. It is Lily" },
  ids: [0, 5],
  edits: [
    { do: 'zero', at: { site: 'z', layer: 6 }, heads: [5] },
    { do: 'patch', at: { site: 'z', layer: 4 }, heads: [2], prompt: "END\nit's `$HOME`" },
  ],
}

test('the command is one that a shell reads as it was meant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headwise-copy-'))
  const run = (s: Shown): { words: string[]; file: (name: string) => unknown } => {
    const spoken = `headwise() { printf '%s\\0' "$@"; }\n${asCommand(s)}`
    const words = execFileSync('sh', ['-c', spoken], { cwd: folder, encoding: 'utf8' }).split('\0').slice(0, -1)
    return { words, file: name => JSON.parse(readFileSync(join(folder, name), 'utf8')) }
  }
  try {
    const { words, file } = run(shown)
    expect(words).toEqual(['run', 'specimen', '--edit', 'edits.json', "Lily's key. It is Lily"])
    expect(file('edits.json')).toEqual(shown.edits)
    const ids = run({ ...shown, prompt: { ids: [0, 5] }, edits: [] })
    expect(ids.words).toEqual(['run', 'specimen', '--tokens', 'ids.json'])
    expect(ids.file('ids.json')).toEqual([0, 5])
    expect(run({ ...shown, prompt: { text: '--out x' }, edits: [] }).words).toEqual([
      'run',
      'specimen',
      '--',
      '--out x',
    ])
    const warm = { ...shown, edits: [], temperature: 0.7 }
    const drawn = run(warm).words
    for (const copied of [asCommand(warm), asTypeScript(warm)]) expect(copied).toContain('at temperature 1.')
    expect(asCommand(shown) + asTypeScript(shown)).not.toContain('at temperature 1.')
    expect(drawn).toEqual([
      ...['run', 'specimen', "Lily's key. It is Lily"],
      ...['generate', '--max-tokens', '24', '--temperature', '0.7', 'specimen', "Lily's key. It is Lily"],
    ])
    const read = run({
      ...{ ...shown, edits: [] },
      writes: { of: { neuron: { layer: 5, neuron: 12 } }, position: 7 },
      routes: { threshold: 0.04, position: 3 },
    }).words
    expect(read.slice(3)).toEqual([
      ...['writes', '--neuron', '5.12', '--position', '7', 'specimen', "Lily's key. It is Lily"],
      ...['routes', '--position', '3', '--threshold', '0.04', 'specimen', "Lily's key. It is Lily"],
    ])
    for (const unsayable of ['-', 'a\0b']) {
      const { words, file } = run({ ...shown, prompt: { text: unsayable }, edits: [] })
      expect(words).toEqual(['run', 'specimen', '--tokens', 'ids.json'])
      expect(file('ids.json')).toEqual([0, 5])
    }
    const limited = run({ ...shown, edits: [], topK: 5, topP: 0.9 }).words
    expect(limited.slice(3, 11)).toEqual([
      ...['generate', '--max-tokens', '24', '--temperature', '1', '--top-k', '5', '--top-p'],
    ])
    const text = fc.string({ unit: 'binary' }).filter(t => !t.includes('\0') && !t.startsWith('-'))
    fc.assert(
      fc.property(text, t => {
        expect(run({ ...shown, prompt: { text: t }, edits: [] }).words.at(-1)).toBe(t)
      }),
      { numRuns: 25 },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** What the compiler says of a program that a strict project imports the library into. */
function complaintsOf(code: string): string[] {
  const root = join(import.meta.dirname, '../../..')
  const name = join(root, 'copied.ts')
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
    paths: { headwise: [join(root, 'src/index.ts')] },
  }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (file, version) =>
    file === name ? ts.createSourceFile(file, code, version) : read(file, version)
  const program = ts.createProgram([name], options, host)
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(name))
  return found.map(d => ts.flattenDiagnosticMessageText(d.messageText, ' '))
}

test('the TypeScript gives what the library gives', async () => {
  const writes = { of: { residual: 'resid_post', layer: 5 }, position: 2 } as const
  const routes = { threshold: 0.04, position: 3 }
  const s = { ...shown, edits: shown.edits.slice(0, 1), topK: 20, topP: 0.9, writes, routes }
  const code = asTypeScript(s)
  const z = { site: 'z', layer: 1 } as const
  const more: EditInput[] = [
    { do: 'scale', by: 0.4, at: z, heads: [0], positions: 'last' },
    { do: 'mean', at: z, heads: [1], positions: [2, 3] },
    { do: 'knockout', at: { site: 'scores', layer: 1 }, heads: [1], queries: [3], keys: [1] },
  ]
  expect(complaintsOf(asTypeScript({ ...s, edits: [...shown.edits, ...more] }))).toEqual([])
  const body = code
    .replace(/^import .*\n/, '')
    .replace('const edits: EditInput[]', 'const edits')
    .replace('console.log(document)', 'told.push(document)')
    .replace('process.stdout.write(text)', 'told.push(text)')
    .replaceAll('console.log(await', 'told.push(await')
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
    ...args: string[]
  ) => (l: typeof load, told: unknown[]) => Promise<unknown>
  const told: unknown[] = []
  await new AsyncFunction('load', 'told', body)(load, told)
  const m = await load('specimen')
  try {
    const { document } = await m.run("Lily's key. It is Lily", { edits: s.edits })
    const drawn: string[] = []
    const o = { edits: s.edits, maxTokens: 24, temperature: 1, topK: 20, topP: 0.9 }
    for await (const { text } of m.generate("Lily's key. It is Lily", o)) drawn.push(text)
    const more = [
      await m.writes("Lily's key. It is Lily", { ...writes, edits: s.edits }),
      await m.routes("Lily's key. It is Lily", { ...routes, edits: s.edits }),
    ]
    expect(told).toEqual([document, ...drawn, ...more])
  } finally {
    await m[Symbol.asyncDispose]()
  }
})
