import type { BuiltinTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { colours as allColours, objects } from './words.ts'

const places = ['On the table', 'In the box', 'In the garden']
const THINGS = 3

/**
 * The colour of one of three things. The corrupt text asks about another of them; the distractors are the colours of
 * the other two.
 */
export const colours: BuiltinTask = {
  id: 'colours',
  title: 'colour of a thing',
  model: 'specimen',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'colours')
    const hues = await words.single('colours', allColours, THINGS)
    const things = await words.single('objects', objects, THINGS)
    const templates = places.flatMap(place =>
      [0, 1, 2].map(
        (asked): Template => ({
          name: `${place}, thing ${asked + 1}`,
          draw: random => {
            const hue = several(random, hues, THINGS)
            const thing = several(random, things, THINGS)
            const [first, second, third] = thing.map((t, i) => `a ${hue[i]} ${t}`)
            const other = (asked + 1 + random.integer(THINGS - 1)) % THINGS
            const question = (i: number) =>
              `${place} there is ${first}, ${second} and ${third}. What colour is the ${thing[i]}?`
            return {
              clean: question(asked),
              corrupt: question(other),
              answers: [` ${hue[asked]}`],
              distractors: hue.filter((_, i) => i !== asked).map(h => ` ${h}`),
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'colours', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
