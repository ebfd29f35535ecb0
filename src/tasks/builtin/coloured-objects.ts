import type { BuiltinTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { colours, objects } from './words.ts'

const frames = {
  table: (things: string, asked: string) => `Q: On the table, there is ${things}. What color is the ${asked}?\nA:`,
  floor: (things: string, asked: string) =>
    `Q: On the floor, I see ${things}. What color is the ${asked}?\nA: The ${asked} is`,
}
const THINGS = 3

/**
 * The colour of one of three things, as a question after an answered one. The corrupt text asks about another thing;
 * the distractors are the colours of the other two. Source: Merullo et al. 2024, arXiv:2310.08744.
 */
export const colouredObjects: BuiltinTask = {
  id: 'coloured-objects',
  title: 'coloured objects',
  model: 'any',
  source: 'Merullo et al. 2024, arXiv:2310.08744',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'coloured-objects')
    const hues = await words.single('colours', colours, THINGS)
    const things = await words.single('objects', objects, 2 * THINGS)
    const templates = Object.entries(frames).flatMap(([name, frame]) =>
      [0, 1, 2].map(
        (asked): Template => ({
          name: `${name}, thing ${asked + 1}`,
          draw: random => {
            const thing = several(random, things, 2 * THINGS)
            const scene = (from: number) => {
              const hue = several(random, hues, THINGS)
              const [first, second, third] = hue.map((h, i) => `a ${h} ${thing[from + i]}`)
              return { hue, said: `${first}, ${second}, and ${third}` }
            }
            const [example, here] = [scene(0), scene(THINGS)]
            const answered = random.integer(THINGS)
            const other = (asked + 1 + random.integer(THINGS - 1)) % THINGS
            const question = (i: number) =>
              `${frame(example.said, thing[answered]!)} ${example.hue[answered]}\n\n${frame(here.said, thing[THINGS + i]!)}`
            return {
              clean: question(asked),
              corrupt: question(other),
              answers: [` ${here.hue[asked]}`],
              distractors: here.hue.filter((_, i) => i !== asked).map(h => ` ${h}`),
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'coloured-objects', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
