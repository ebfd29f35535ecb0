import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCsv } from '../../src/results/csv.ts'
import { readResultFile } from '../../src/results/read.ts'
import { checkOut, RESULT_SUFFIXES, writeResult, writeWhole } from '../../src/results/write.ts'
import { generation, headMap, run, runs } from './examples.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const kinds = RESULT_SUFFIXES.grid

describe('checkOut', () => {
  test('allows a new file, and an existing one by force', async () => {
    expect(await checkOut(at('x.json'), { kinds })).toBe('.json')
    expect(await checkOut(at('x.CSV'), { kinds })).toBe('.csv')
    writeFileSync(at('x.json'), 'old')
    expect(await checkOut(at('x.json'), { kinds, force: true })).toBe('.json')
  })

  const refusals: [string, string, (path: string) => unknown, string][] = [
    ['an existing file', 'x.json', p => writeFileSync(p, 'old'), 'out-exists'],
    ['a folder', 'x.json', p => mkdirSync(p), 'out-folder'],
    ['a missing folder', 'no/x.json', () => undefined, 'out-folder'],
    ['a folder that is a file', 'f/x.json', () => writeFileSync(at('f'), ''), 'out-folder'],
    ['an unknown suffix', 'x.xlsx', () => undefined, 'out-suffix'],
    ['no suffix', 'x', () => undefined, 'out-suffix'],
    ['a NUL', 'x\0.json', () => undefined, 'out-name'],
    ['a name that is too long', `${'x'.repeat(300)}.json`, () => undefined, 'out-name'],
  ]
  test.each(refusals)('refuses %s', async (_, name, prepare, code) => {
    prepare(at(name))
    await expect(checkOut(at(name), { kinds })).rejects.toMatchObject({
      code,
      fault: 'usage',
      file: at(name),
      where: '--out',
    })
  })

  const never: [string, (path: string) => unknown, string][] = [
    ['a link to a file', p => [writeFileSync(at('target'), 'old'), symlinkSync(at('target'), p)], 'out-link'],
    ['a link to nothing', p => symlinkSync(at('nothing'), p), 'out-link'],
    ['a folder', p => mkdirSync(p), 'out-folder'],
    ['a pipe', p => execFileSync('mkfifo', [p]), 'out-special'],
  ]
  test.each(never)('refuses %s even by force', async (_, prepare, code) => {
    prepare(at('x.json'))
    await expect(checkOut(at('x.json'), { kinds, force: true })).rejects.toMatchObject({ code, fault: 'usage' })
    await expect(writeResult(at('x.json'), run, { force: true })).rejects.toMatchObject({ code })
    if (existsSync(at('target'))) expect(readFileSync(at('target'), 'utf8')).toBe('old')
  })

  test('refuses an export through .., whose readers resolve names beside it', async () => {
    mkdirSync(at('sub'))
    const path = `${folder}/sub/../x`
    expect(await checkOut(`${path}.json`, { kinds })).toBe('.json')
    await expect(checkOut(`${path}.onnx`, { kinds: ['.onnx'] })).rejects.toMatchObject({
      code: 'out-name',
      fault: 'usage',
    })
  })

  test('names the suffixes that exist', async () => {
    await expect(checkOut(at('x.svg'), { kinds })).rejects.toThrow(
      'x.svg ends in .svg; allowed: .json, .csv, .parquet.',
    )
  })
})

describe('writeResult', () => {
  test.each([headMap, run, runs, generation, [headMap, headMap]])('writes JSON that reads back equal', async result => {
    await writeResult(at('x.json'), result)
    expect(readResultFile(at('x.json'))).toEqual(result)
    expect(readdirSync(folder)).toEqual(['x.json'])
  })

  test('writes a grid as one row a cell', async () => {
    await writeResult(at('x.csv'), headMap)
    const { columns, rows } = readCsv(readFileSync(at('x.csv'), 'utf8'), 'x.csv')
    expect(columns).toEqual(['metric', 'layer', 'head', 'value', 'low', 'high', 'n'])
    expect(rows).toEqual([
      ['loss', 0, '=a', Math.fround(0.1), 0, 1, 4],
      ['loss', 0, 'b "quoted"', -2, -3, -1, 4],
      ['loss', 0, '-c', Number.NaN, null, null, 0],
      ['loss', 1, '=a', Number.POSITIVE_INFINITY, null, null, 1],
      ['loss', 1, 'b "quoted"', Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 4],
      ['loss', 1, '-c', Math.fround(1e-30), 0, 1, 4],
    ])
    expect(readFileSync(at('x.csv'), 'utf8')).not.toMatch(/(^|,)"?[=@]/m)
  })

  test('puts grids over different axes under one head', async () => {
    const curve = {
      ...headMap,
      axes: [{ name: 'step' as const }],
      metric: 'm',
      values: [5, null],
      n: 3,
      low: undefined,
      high: undefined,
    }
    const { low: _l, high: _h, ...short } = curve
    const square = { ...short, axes: [{ name: 'head' as const }, { name: 'head' as const }], values: [[1]] }
    await writeResult(at('x.csv'), [short, square])
    const { columns, rows } = readCsv(readFileSync(at('x.csv'), 'utf8'), 'x.csv')
    expect(columns).toEqual(['metric', 'step', 'head', 'head.2', 'value', 'n'])
    expect(rows).toEqual([
      ['m', 0, null, null, 5, 3],
      ['m', 1, null, null, null, 3],
      ['m', null, 0, 0, 1, 3],
    ])
  })

  test('writes the top tokens of every prompt of a run', async () => {
    await writeResult(at('x.csv'), runs)
    expect(readCsv(readFileSync(at('x.csv'), 'utf8'), 'x.csv')).toEqual({
      columns: ['prompt', 'rank', 'id', 'token', 'logprob'],
      rows: [
        [0, 1, 4, '=SUM(A1)', -0.5],
        [0, 2, 5, '"a"\r\nb,\u202e', Number.NEGATIVE_INFINITY],
        [0, 3, 6, 'NaN', Number.NaN],
      ],
    })
  })

  test('has no table for a generation', async () => {
    await expect(writeResult(at('x.csv'), generation)).rejects.toMatchObject({ code: 'out-suffix', allowed: ['.json'] })
    expect(readdirSync(folder)).toEqual([])
  })

  test('refuses an existing file and leaves it; by force replaces it, and only under this name', async () => {
    writeFileSync(at('x.json'), 'old')
    linkSync(at('x.json'), at('other'))
    await expect(writeResult(at('x.json'), run)).rejects.toMatchObject({ code: 'out-exists' })
    expect(readFileSync(at('x.json'), 'utf8')).toBe('old')
    await writeResult(at('x.json'), run, { force: true })
    expect(readResultFile(at('x.json'))).toEqual(run)
    expect(readFileSync(at('other'), 'utf8')).toBe('old')
  })

  test('refuses a document that could not be read back', async () => {
    const long = { ...generation, text: 'x'.repeat(2 ** 26) }
    await expect(writeResult(at('x.json'), long)).rejects.toMatchObject({ code: 'out-size', fault: 'failed' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('writeWhole', () => {
  test('does not replace a file that appeared meanwhile, nor a link by force, and leaves nothing behind', () => {
    writeFileSync(at('x.json'), 'theirs')
    expect(() => writeWhole(at('x.json'), 'new')).toThrow(
      expect.objectContaining({ code: 'out-exists', fault: 'failed' }),
    )
    symlinkSync(at('x.json'), at('y.json'))
    expect(() => writeWhole(at('y.json'), 'new', { force: true })).toThrow(
      expect.objectContaining({ code: 'out-exists' }),
    )
    expect(readFileSync(at('x.json'), 'utf8')).toBe('theirs')
    expect(readdirSync(folder).sort()).toEqual(['x.json', 'y.json'])
  })

  test('a failure of the disk is one sentence of the machine, not of the user', () => {
    expect(() => writeWhole(at('no/x.json'), 'new')).toThrow(
      expect.objectContaining({ code: 'out-write', fault: 'failed', found: 'ENOENT' }),
    )
  })
})
