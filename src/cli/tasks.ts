import type { TaskMeasured, TaskRefused, TaskResult } from '../library/tasks.ts'
import { toJson } from '../results/json.ts'
import type { Context, Define } from './context.ts'
import { openModel } from './model.ts'
import { type ModelOptions, wholeNumber, withModelOptions, withSeed } from './options.ts'
import { table } from './terminal/table.ts'
import { wrap } from './terminal/text.ts'
import { count, number } from './terminal/units.ts'

interface Options extends ModelOptions {
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
    .option('--json', 'one JSON document on stdout and nothing else')
  return withModelOptions(withSeed(base))
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))
}

async function act(model: string, o: Options, context: Context): Promise<void> {
  const { task, data, n, seed } = o
  const from = { ...(data !== undefined && { data }), signal: context.signal }
  // Names and files are judged before the model is opened.
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
  for (const result of results) if ('prompts' in result) tell(result, context)
  context.print(o.json ? toJson(results) : view(results, context))
}

/** What was left out of a task, in one sentence. */
function tell({ id, dropped, prompts }: TaskMeasured, { note }: Context): void {
  if (dropped.length > 0)
    note(`${id}: ${dropped.length} of ${count(prompts + dropped.length, 'row')} left out; the first: ${dropped[0]}.`)
}

const percent = (share: number): string => (100 * share).toFixed(0)
const accuracyText = ({ accuracy }: TaskMeasured): string => {
  if (!accuracy) return '–'
  const { mean, low, high } = accuracy
  return `${percent(mean)}%${low === undefined || high === undefined ? '' : ` [${percent(low)}, ${percent(high)}]`}`
}
const rowsText = ({ prompts, dropped }: TaskMeasured): string =>
  dropped.length === 0 ? String(prompts) : `${prompts} of ${prompts + dropped.length}`

const MARK = '✗'

function view(results: readonly TaskResult[], { style }: Context): string {
  const measured = results.filter((r): r is TaskMeasured => 'prompts' in r)
  const refused = results.filter((r): r is TaskRefused => 'refused' in r)
  const columns = [
    { title: '' },
    { title: 'task' },
    { title: 'form' },
    { title: 'metric' },
    { title: 'rows', right: true },
    { title: 'accuracy', right: true },
    { title: 'chance', right: true },
    { title: 'mean', right: true },
  ]
  const rows = measured.map(r => [
    r.can === false ? MARK : '',
    r.id,
    r.form,
    r.metric,
    rowsText(r),
    accuracyText(r),
    r.chance === undefined ? '–' : `${percent(r.chance)}%`,
    number(r.value.mean),
  ])
  const said = (text: string, indent = '') => wrap(text, style.columns, indent)
  return `${[
    ...(measured.length > 0 ? [table(columns, rows, style)] : []),
    ...(refused.length > 0 ? [refused.map(r => said(`${r.id}: ${r.refused}`)).join('\n')] : []),
    ...(measured.some(r => r.can === false)
      ? [
          said(
            `${MARK} The model cannot do it: the 95% interval of its accuracy does not lie above chance. Causal evidence on such a task is not testable.`,
          ),
        ]
      : []),
    ...(measured.length > 0
      ? [said('mean: of the metric, over the rows; accuracy in brackets: 95% interval, templates drawn whole.')]
      : []),
  ].join('\n\n')}\n`
}
