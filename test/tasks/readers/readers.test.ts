import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readers, readersIn } from '../../../src/tasks/readers/index.ts'
import { type Task, taskSchema } from '../../../src/words/task.ts'
import { Scratch } from '../../checkpoint/scratch.ts'
import { refusal } from '../../support/refusal.ts'
import { type Example, examples } from './examples.ts'

const readerOf = (id: string) => readers.find(r => r.id === id)!
const rowsOf = (task: Task | undefined) => task?.pairs ?? task?.prompts ?? []
const write = (
  scratch: Scratch,
  { files }: Example,
  below: string,
  change: (text: string) => string = t => t,
): string => {
  for (const [name, text] of Object.entries(files)) scratch.write(join(below, name), change(text))
  return scratch.path(below)
}

test('every reader has an example, and the published layout where there is one', () => {
  expect([...new Set(examples.map(e => e.reader))].sort()).toEqual(readers.map(r => r.id))
  expect(readers.map(r => r.id)).toEqual(readers.map(r => r.id).toSorted())
})

describe.each(examples)('$reader, $layout layout', example => {
  const reader = readerOf(example.reader)
  test('becomes the expected tasks, from its folder or the one above', async () => {
    using scratch = new Scratch()
    const own = write(scratch, example, example.reader)
    const tasks = await reader.read(scratch.folder)
    expect(await reader.read(own)).toEqual(tasks)
    expect(Object.fromEntries(tasks.map(t => [t.name, rowsOf(t).length]))).toEqual(example.tasks)
    expect(rowsOf(tasks[0])[0]).toMatchObject(example.first)
    for (const task of tasks) {
      expect(taskSchema.parse(task)).toEqual(task)
      expect([task.form, task.metric]).toEqual([example.form, example.metric])
    }
  })

  test('is refused by file and place where a field is missing', async () => {
    using scratch = new Scratch()
    write(scratch, example, example.reader, text => text.replaceAll(example.field, 'x'))
    const error = await refusal(() => reader.read(scratch.folder))
    expect(error.fault).toBe('data')
    expect(error.file?.startsWith(scratch.path(example.reader))).toBe(true)
    expect(error.where).toMatch(/^(line \d+|rows\[\d+\]|schema \d+|relation)/)
  })

  test('is refused where a file is cut, empty, not UTF-8 or a link to elsewhere', async () => {
    using scratch = new Scratch()
    const [name = '', text = ''] = Object.entries(example.files)[0] ?? []
    const file = join(example.reader, name)
    for (const damaged of [text.slice(0, Math.ceil(text.length * 0.3)), '', Buffer.from(`${text}\xff`, 'latin1')]) {
      write(scratch, example, example.reader)
      scratch.write(file, damaged)
      const error = await refusal(() => reader.read(scratch.folder))
      expect([error.fault, error.file]).toEqual(['data', scratch.path(file)])
    }
    using linked = new Scratch()
    const elsewhere = scratch.write('elsewhere', text)
    mkdirSync(join(linked.path(file), '..'), { recursive: true })
    symlinkSync(elsewhere, linked.path(file))
    expect((await refusal(() => reader.read(linked.folder))).code).toBe('link-leaves-folder')
  })

  test('is missing from an empty folder, which is wrong usage', async () => {
    using scratch = new Scratch()
    const error = await refusal(() => reader.read(scratch.folder))
    expect([error.code, error.fault, error.where]).toEqual(['data-set-missing', 'usage', example.reader])
    expect(error.message).toContain('docs/data.md')
  })
})

const blimp = examples.find(e => e.reader === 'blimp')!

test('a folder that is a link is refused with the advice to give its target, which is read', async () => {
  using scratch = new Scratch()
  const own = write(scratch, blimp, 'elsewhere')
  mkdirSync(scratch.path('data'))
  symlinkSync(own, scratch.path('data/blimp'))
  const error = await refusal(() => readerOf('blimp').read(scratch.path('data')))
  expect([error.code, error.file]).toEqual(['data-link', scratch.path('data/blimp')])
  expect(await readerOf('blimp').read(own)).toHaveLength(1)
})

test('an aborted signal ends reading', async () => {
  using scratch = new Scratch()
  write(scratch, blimp, 'blimp')
  const error = await refusal(() => readerOf('blimp').read(scratch.folder, { signal: AbortSignal.abort() }))
  expect(error.fault).toBe('interrupted')
})

test('the data sets of a folder are those it holds by their id, else the one it is named after', () => {
  using scratch = new Scratch()
  const own = write(scratch, blimp, 'blimp')
  scratch.write('ioi/README', '')
  expect(readersIn(scratch.folder).map(r => r.id)).toEqual(['blimp', 'ioi'])
  expect(readersIn(own).map(r => r.id)).toEqual(['blimp'])
  expect(readersIn(scratch.path('nowhere'))).toEqual([])
})

test('a data set in a folder of another data set is not taken for it', async () => {
  using scratch = new Scratch()
  write(scratch, blimp, 'blimp')
  expect((await refusal(() => readerOf('ioi').read(scratch.path('blimp')))).code).toBe('data-set-missing')
})

test('the page on data names every reader with its licence, its source and, where it is given, its citation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/data.md'), 'utf8')
  for (const { id, licence, source, paper } of readers) {
    const [read, from, ...others] = page.split('\n').filter(l => l.startsWith(`| \`${id}\` |`))
    expect(others, id).toEqual([])
    expect(read?.endsWith(`| ${licence} |`), id).toBe(true)
    for (const [url] of source.matchAll(/https:[^\s;,)]+/g)) expect(from).toContain(url)
    if (typeof paper === 'string') expect(from).toContain(paper)
  }
  expect(page.match(/^\| `\w+` \|/gm)).toHaveLength(2 * readers.length)
})
