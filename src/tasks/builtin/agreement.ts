import type { BuiltinTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { nouns } from './words.ts'

const frames = {
  simple: (subject: string) => `The ${subject}`,
  near: (subject: string, other: string) => `The ${subject} near the ${other}`,
  'relative clause': (subject: string, other: string) => `The ${subject} that the ${other} knew`,
}
const singular = [' is', ' was', ' has']
const plural = [' are', ' were', ' have']

/**
 * The verb in the number of its subject, past a noun that may be in the other number. The corrupt text has the subject
 * in the other number. The metric compares the mean logit of three verb forms with that of the other three.
 * Source: Linzen et al. 2016, arXiv:1611.01368; as pairs, Finlayson et al. 2021, arXiv:2106.06087.
 */
export const agreement: BuiltinTask = {
  id: 'agreement',
  title: 'subject–verb agreement',
  model: 'any',
  source: 'Linzen et al. 2016, arXiv:1611.01368',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'agreement')
    const known = await words.pairs('nouns in both numbers', nouns, 3)
    const templates = Object.entries(frames).flatMap(([name, frame]) =>
      [0, 1].map(
        (number): Template => ({
          name: `${name}, ${number === 0 ? 'singular' : 'plural'}`,
          draw: random => {
            const [subject, other] = several(random, known, 2) as [(typeof known)[0], (typeof known)[0]]
            const attractor = other[random.integer(2)]!
            return {
              clean: frame(subject[number]!, attractor),
              corrupt: frame(subject[1 - number]!, attractor),
              answers: number === 0 ? singular : plural,
              distractors: number === 0 ? plural : singular,
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'agreement', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
