import type { BuiltinTask } from './builtin.ts'
import { drawTask, pick, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { capitals } from './words.ts'

const frames = [
  (country: string, city: string) =>
    `Imagine that the capital of ${country} is ${city}. In this world, the capital of ${country} is`,
  (country: string, city: string) => `Redefine: The capital of ${country} is ${city}. The capital of ${country} is`,
]

/**
 * A capital that the text makes up. The corrupt text makes up another one; the distractors are that one and the true
 * capital, so that the text must win over what the model knows. Every country is a template.
 */
export const capitalsRedefined: BuiltinTask = {
  id: 'capitals-redefined',
  title: 'capital that the text redefines',
  model: 'specimen',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'capitals-redefined')
    const known = await words.answered('capitals', capitals, 3)
    const templates = known.map(
      ([country, truth]): Template => ({
        name: country,
        draw: random => {
          const frame = pick(random, frames)
          const others = known.filter(([other]) => other !== country)
          const [[, said], [, other]] = several(random, others, 2) as [(typeof known)[0], (typeof known)[0]]
          return {
            clean: frame(country, said),
            corrupt: frame(country, other),
            answers: [` ${said}`],
            distractors: [` ${other}`, ` ${truth}`],
          }
        },
      }),
    )
    const about = { id: 'capitals-redefined', metric: 'logit_diff', notes: words.notes } as const
    return await drawTask(about, templates, tokenizer, o)
  },
}
