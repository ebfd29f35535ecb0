import type { BuiltinTask } from './builtin.ts'
import { drawTask, pick, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { names, objects, places } from './words.ts'

const frames = [
  (a: string, b: string, s: string, place: string, thing: string) =>
    `When ${a} and ${b} went to the ${place}, ${s} gave a ${thing} to`,
  (a: string, b: string, s: string, place: string, thing: string) =>
    `When ${a} and ${b} spent the day at the ${place}, ${s} sold a ${thing} to`,
  (a: string, b: string, s: string, place: string, thing: string) =>
    `When ${a} and ${b} came home from the ${place}, ${s} showed the ${thing} to`,
  (a: string, b: string, s: string, place: string, thing: string) =>
    `When ${a} and ${b} met at the ${place}, ${s} sent a ${thing} to`,
]

/**
 * Indirect object identification: of two names, the one that is said once is the answer. In the corrupt text the other
 * one is said twice, so that the answer changes and nothing else. Each frame comes with the answer named first and
 * second. Source: Wang et al. 2023, arXiv:2211.00593.
 */
export const ioi: BuiltinTask = {
  id: 'ioi',
  title: 'indirect object',
  model: 'any',
  source: 'Wang et al. 2023, arXiv:2211.00593',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'ioi')
    const [people, things, where] = [
      await words.single('names', names, 4),
      await words.single('objects', objects, 2),
      await words.single('places', places, 2),
    ]
    const templates = frames.flatMap((frame, f) =>
      [true, false].map(
        (answerFirst): Template => ({
          name: `frame ${f + 1}, answer ${answerFirst ? 'first' : 'second'}`,
          draw: random => {
            const [io, s] = several(random, people, 2) as [string, string]
            const [a, b] = answerFirst ? [io, s] : [s, io]
            const rest = [pick(random, where), pick(random, things)] as const
            return {
              clean: frame(a, b, s, ...rest),
              corrupt: frame(a, b, io, ...rest),
              answers: [` ${io}`],
              distractors: [` ${s}`],
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'ioi', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
