import type { BuiltinTask } from './builtin.ts'
import { drawTask, pick, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { colours, objects, parameters } from './words.ts'

const verbs = ['load', 'find', 'open', 'move', 'read', 'send', 'make', 'show']
const PARAMETERS = 4

/**
 * The next parameter of a docstring in the order of the function's own. In the corrupt text the last two parameters of
 * the function have changed places, so that the other one is due. The distractors are the other parameters.
 * Source: Heimersheim and Janiak 2023, A circuit for Python docstrings in a 4-layer attention-only transformer.
 */
export const docstring: BuiltinTask = {
  id: 'docstring',
  title: 'next parameter of a docstring',
  model: 'any',
  source: 'Heimersheim and Janiak 2023, A Circuit for Python Docstrings in a 4-Layer Attention-Only Transformer',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'docstring')
    const known = await words.single('parameter names', parameters, PARAMETERS)
    const things = await words.single('objects', objects, 3)
    const hues = await words.single('colours', colours, 2)
    const templates = verbs.map(
      (verb): Template => ({
        name: verb,
        draw: random => {
          const [a, b, c, d] = several(random, known, PARAMETERS) as [string, string, string, string]
          const [one, two, three] = several(random, things, 3)
          const about = [`the ${pick(random, hues)} ${two}`, `the ${pick(random, hues)} ${three}`]
          const text = (...order: string[]) =>
            `def ${verb}(${order.join(', ')}):\n    """${verb[0]!.toUpperCase()}${verb.slice(1)} the ${one}.\n\n` +
            `    :param ${a}: ${about[0]}\n    :param ${b}: ${about[1]}\n    :param`
          return {
            clean: text(a, b, c, d),
            corrupt: text(a, b, d, c),
            answers: [` ${c}`],
            distractors: [a, b, d].map(p => ` ${p}`),
          }
        },
      }),
    )
    return await drawTask({ id: 'docstring', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
