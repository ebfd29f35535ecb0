import type { Headwise } from '../library/headwise.ts'
import type { SelfRepairResult } from '../library/self-repair.ts'
import type { Context, Define } from './context.ts'
import { headShape, mapsView, summary } from './grid-view.ts'
import { openModel } from './model.ts'
import { cutOf, modelOptionsOf } from './run-options.ts'
import { givenTask, type TaskArguments, withTask } from './subject.ts'
import { carryOut, checkSweepOptions, type SweepOptions, withSweepOptions } from './sweep.ts'
import { wrap } from './terminal/text.ts'

type Options = SweepOptions & TaskArguments

const HELP = `
Every head in turn gets what it computes on other prompts of the task (8
draws). total: how the logit difference changes; direct: how much of that the
head writes itself; repair: total minus direct, what later layers do about it.

  headwise self-repair specimen --task ioi`

export const selfRepair: Define = (command, context) => {
  const base = command
    .usage('MODEL --task TASK [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
  return withSweepOptions(withTask(base))
    .addHelpText('after', HELP)
    .action((model: string, o: Options) => act(model, o, context))
}

async function act(model: string, o: Options, context: Context): Promise<void> {
  await checkSweepOptions(o)
  const task = await givenTask(o, context)
  await using m = await openModel(model, modelOptionsOf(o), context)
  const sweep = await m.planSelfRepair({ task: await task(m), ...(o.seed !== undefined && { seed: o.seed }) }, cutOf(o))
  await carryOut(sweep, o, context, result => view(m, result, context))
}

function view(m: Headwise, { document }: SelfRepairResult, { style }: Context): string {
  const names = ['total', 'direct', 'repair']
  const maps = document.map((grid, i) => ({ name: names[i]!, grid, signed: true }))
  return `${[
    mapsView(maps, headShape(m.config), style),
    summary(maps, m.config.heads, 4, style),
    wrap(
      'repair with the sign opposite to direct: later layers make up for the head; with the same sign: they build on what it writes.',
      style.columns,
      '  ',
    ),
  ].join('\n\n')}\n`
}
