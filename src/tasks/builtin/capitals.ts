import type { BuiltinTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { capitals as pairs } from './words.ts'

const frames = {
  plain: (country: string) => `The capital of ${country} is`,
  apposition: (country: string) => `${country} is a country. Its capital is`,
  question: (country: string) => `Question: What is the capital of ${country}? Answer:`,
}

/** The capital of a country, from what the model knows. The corrupt text names another country. */
export const capitals: BuiltinTask = {
  id: 'capitals',
  title: 'capital of a country',
  model: 'specimen',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'capitals')
    const known = await words.answered('capitals', pairs, 2)
    const templates = Object.entries(frames).map(
      ([name, frame]): Template => ({
        name,
        draw: random => {
          const [[here, right], [there, wrong]] = several(random, known, 2) as [(typeof known)[0], (typeof known)[0]]
          return { clean: frame(here), corrupt: frame(there), answers: [` ${right}`], distractors: [` ${wrong}`] }
        },
      }),
    )
    return await drawTask({ id: 'capitals', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
