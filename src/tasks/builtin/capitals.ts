import type { BuiltinTask } from './builtin.ts'
import { drawTask, pick, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { capitals as pairs } from './words.ts'

const frames = [
  (country: string) => `The capital of ${country} is`,
  (country: string) => `${country} is a country. Its capital is`,
  (country: string) => `Question: What is the capital of ${country}? Answer:`,
]

/**
 * The capital of a country, from what the model knows. The corrupt text names another country. Every country is a
 * template, since what is known of it is common to its rows.
 */
export const capitals: BuiltinTask = {
  id: 'capitals',
  title: 'capital of a country',
  model: 'specimen',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'capitals')
    const known = await words.answered('capitals', pairs, 2)
    const templates = known.map(
      ([country, city]): Template => ({
        name: country,
        draw: random => {
          const frame = pick(random, frames)
          const [elsewhere, there] = pick(
            random,
            known.filter(([other]) => other !== country),
          )
          return {
            clean: frame(country),
            corrupt: frame(elsewhere),
            answers: [` ${city}`],
            distractors: [` ${there}`],
          }
        },
      }),
    )
    return await drawTask({ id: 'capitals', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
