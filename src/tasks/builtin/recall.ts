import type { BuiltinTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { names, objects } from './words.ts'

const verbs = ['has', 'wants', 'lost', 'found', 'bought']
const PEOPLE = 4

/**
 * Who has what: four people with a thing each, then whose one of the things is, or what one of the people has. The
 * corrupt text asks about another. The distractors are the other three people, or things.
 */
export const recall: BuiltinTask = {
  id: 'recall',
  title: 'who has what',
  model: 'specimen',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'recall')
    const people = await words.single('names', names, PEOPLE)
    const things = await words.single('objects', objects, PEOPLE)
    const templates = verbs.flatMap(verb =>
      (['who', 'what'] as const).map(
        (wanted): Template => ({
          name: `${wanted}, ${verb}`,
          draw: random => {
            const who = several(random, people, PEOPLE)
            const what = several(random, things, PEOPLE)
            const said = who.map((name, i) => `${name} ${verb} the ${what[i]}.`).join(' ')
            const [asked, other] = random.sample(PEOPLE, 2) as [number, number]
            const ask = (i: number) =>
              `${said}\n${wanted === 'who' ? `Who ${verb} the ${what[i]}?` : `So ${who[i]} ${verb} the`}`
            const candidates = wanted === 'who' ? who : what
            return {
              clean: ask(asked),
              corrupt: ask(other),
              answers: [` ${candidates[asked]}`],
              distractors: candidates.filter((_, i) => i !== asked).map(word => ` ${word}`),
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'recall', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
