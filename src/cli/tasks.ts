import { toJson } from '../results/json.ts'
import { checkOut, RESULT_SUFFIXES } from '../results/write.ts'
import { printable } from '../words/error.ts'
import type { TaskMeasured, TaskRefused, TaskResult } from '../words/task-result.ts'
import type { Context, Define } from './context.ts'
import { openModel } from './model.ts'
import {
  type ModelOptions,
  type OutputOptions,
  wholeNumber,
  withModelOptions,
  withOutputOptions,
  withSeed,
} from './options.ts'
import { save } from './save.ts'
import { accuracyText, percent, taskNotes } from './task-notes.ts'
import type { Style } from './terminal/style.ts'
import { table } from './terminal/table.ts'
import { wrap } from './terminal/text.ts'
import { number } from './terminal/units.ts'

interface Options extends ModelOptions, OutputOptions {
  readonly task?: string
  readonly data?: string
  readonly n?: number
  readonly seed?: number
  readonly json?: boolean
}

const HELP = `
A task is built in (ioi, copying, …), a file, or with --data DIR a data set
(blimp) or one task of it (blimp:anaphor_gender_agreement).

  headwise tasks specimen --n 20`

export const tasks: Define = (command, context) => {
  const base = command
    .usage('MODEL [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .option('--task <name>', 'only this one: a built-in task, a file, or a task of a data set')
    .option('--data <dir>', 'a folder of published data sets, whose tasks are listed too')
    .option('--n <rows>', 'most rows of each task (default 50)', wholeNumber('--n', { from: 1, to: 1e6 }))
  return withModelOptions(withOutputOptions(withSeed(base), RESULT_SUFFIXES.task.join(' ')))
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))
}

async function act(model: string, o: Options, context: Context): Promise<void> {
  const { task, data, n, seed } = o
  const from = { ...(data !== undefined && { data }), signal: context.signal }
  // Names and files are judged before the model is opened.
  if (o.out !== undefined) await checkOut(o.out, { force: o.force ?? false, kinds: RESULT_SUFFIXES.task })
  const { allTasks, namedTasks } = await import('../tasks/resolve.ts')
  const sources = task === undefined ? await allTasks(from) : await namedTasks(task, from)
  await using m = await openModel(model, o, context)
  const results = await m.tasks({
    tasks: sources,
    ...(n !== undefined && { n }),
    ...(seed !== undefined && { seed }),
    signal: context.signal,
    onProgress: context.progress,
  })
  for (const result of results) {
    if ('refused' in result) continue
    // How each of many tasks was made would bury the table.
    const notes = results.length === 1 ? result.notes : []
    for (const text of taskNotes(result.id, { notes, dropped: result.dropped, kept: result.prompts }))
      context.note(text)
  }
  await save(results, o, context)
  context.print(o.json ? toJson(results) : view(results, context))
}

const rowsText = ({ prompts, dropped }: TaskMeasured): string =>
  dropped.length === 0 ? String(prompts) : `${prompts} of ${prompts + dropped.length}`

const MARK = '✗'
/** Names that are longer stand on a line of their own. */
const LONGEST = 34
const COLUMNS = [
  { title: 'task' },
  { title: 'rows', right: true },
  { title: 'accuracy', right: true },
  { title: 'chance', right: true },
  { title: 'mean', right: true },
]

const setOf = ({ id }: TaskMeasured): string | undefined => /^(.+?)\//.exec(id)?.[1]
/** Tasks of one data set that are read in the same way stand under one heading. */
const headingOf = (task: TaskMeasured): string =>
  [...(setOf(task) === undefined ? [] : [`${printable(setOf(task))}:`]), `form ${task.form}, ${task.metric}`].join(' ')

/** A line for each task, under its heading. */
function listing(measured: readonly TaskMeasured[], style: Style): string {
  const names = measured.map(r => `${r.can === false ? MARK : ' '} ${printable(r.id.replace(/^.+?\//, ''), 80)}`)
  const rows = measured.map((r, i) => [
    names[i]!.length > LONGEST ? '' : names[i]!,
    rowsText(r),
    r.accuracy ? accuracyText(r.accuracy) : '–',
    r.chance === undefined ? '–' : `${percent(r.chance)}%`,
    number(r.value.mean),
  ])
  const [titles, ...lines] = table(COLUMNS, rows, style).split('\n')
  const groups = new Map<string, string[]>()
  for (const [i, result] of measured.entries()) {
    const heading = headingOf(result)
    const own = names[i]!.length > LONGEST ? [names[i]!, lines[i]!] : [lines[i]!]
    groups.set(heading, [...(groups.get(heading) ?? []), ...own])
  }
  return [titles, ...[...groups].flatMap(([heading, own]) => [heading, ...own])].join('\n')
}

function view(results: readonly TaskResult[], { style }: Context): string {
  const measured = results.filter((r): r is TaskMeasured => 'prompts' in r)
  const refused = results.filter((r): r is TaskRefused => 'refused' in r)
  const said = (text: string) => wrap(text, style.columns, '')
  const parts = [
    listing(measured, style),
    refused.map(r => said(r.refused)).join('\n'),
    measured.some(r => r.can === false)
      ? said(
          `${MARK} Not shown to do better than chance on these rows (95% interval): causal evidence on such a task is not testable.`,
        )
      : '',
    said('Accuracy with its 95% interval, templates drawn whole; mean: of the metric that stands above.'),
  ]
  return `${(measured.length > 0 ? parts.filter(p => p !== '') : [parts[1]]).join('\n\n')}\n`
}
