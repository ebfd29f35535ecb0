import type { Head } from '../heads/importance/head-set.ts'
import type { Context, Define } from './context.ts'
import { curveView, measured } from './curve-view.ts'
import { headList } from './heads.ts'
import { openModel } from './model.ts'
import { decimal, wholeNumber, withTokens } from './options.ts'
import { cutOf, modelOptionsOf } from './run-options.ts'
import { givenSubject, type SubjectArguments, withTask } from './subject.ts'
import { carryOut, checkSweepOptions, type SweepOptions, withSweepOptions } from './sweep.ts'

interface Options extends SweepOptions, SubjectArguments {
  readonly heads: readonly Head[]
  readonly from: number
  readonly to: number
  readonly steps: number
}

const MOST = 1e6
const HELP = `
The heads' outputs are multiplied by each factor, all heads together: 1 is the
model as it is, 0 removes them, below 0 they do the opposite.

  headwise scale specimen "Tom saw a cat. The cat saw Tom." --heads 6.5,6.1`

export const scale: Define = (command, context) => {
  const base = command
    .usage('MODEL [TEXT] --heads LIST [OPTIONS]')
    .argument('<model>', 'specimen, a folder, or a .gguf or .safetensors file')
    .argument('[text]', 'the text whose loss is measured; - or nothing reads standard input')
    .requiredOption('--heads <list>', 'scaled together, as in 6.5,6.1', headList('--heads'))
    .option('--from <factor>', 'first factor', decimal('--from', { from: -MOST, to: MOST }), -2)
    .option('--to <factor>', 'last factor', decimal('--to', { from: -MOST, to: MOST }), 3)
    .option('--steps <n>', 'number of factors', wholeNumber('--steps', { from: 1, to: 10_000 }), 11)
  return withSweepOptions(withTokens(withTask(base)))
    .addHelpText('after', HELP)
    .action((model: string, text: string | undefined, o: Options) => act(model, text, o, context))
}

async function act(model: string, text: string | undefined, o: Options, context: Context): Promise<void> {
  await checkSweepOptions(o)
  const subject = await givenSubject(text, o, context)
  const { heads, from, to, steps } = o
  await using m = await openModel(model, modelOptionsOf(o), context)
  const sweep = await m.planScaling({ ...(await subject(m)), heads, from, to, steps }, cutOf(o))
  await carryOut(sweep, o, context, ({ document, clean }) =>
    [
      `${curveView('scaling', document, context.style)}\n`,
      `  at 1 the model as it is: ${measured(document, clean)}\n`,
    ].join('\n'),
  )
}
