import type { BuiltinTask } from './builtin.ts'
import { drawTask, pick, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { female, male, objects, places } from './words.ts'

const frames = {
  'so good': (name: string) => `So ${name} is such a good friend, isn't`,
  because: (name: string, thing: string) => `${name} was happy with the ${thing} that`,
  when: (name: string, thing: string, place: string) => `When ${name} came to the ${place} with the ${thing},`,
  lost: (name: string, thing: string) => `${name} lost the ${thing}, but then`,
}

/**
 * The pronoun that goes with a name. The corrupt text has a name of the other gender; names that are given to both are
 * not in our lists. Source: Mathwin et al. 2023, Identifying a preliminary circuit for predicting gendered pronouns.
 */
export const pronouns: BuiltinTask = {
  id: 'pronouns',
  title: 'pronoun of a name',
  model: 'any',
  source: 'Mathwin et al. 2023, Identifying a Preliminary Circuit for Predicting Gendered Pronouns in GPT-2 Small',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'pronouns')
    const people = {
      she: await words.single("women's names", female, 2),
      he: await words.single("men's names", male, 2),
    }
    const things = await words.single('objects', objects, 2)
    const where = await words.single('places', places, 2)
    const templates = Object.entries(frames).flatMap(([name, frame]) =>
      (['she', 'he'] as const).map(
        (right): Template => ({
          name: `${name}, ${right}`,
          draw: random => {
            const wrong = right === 'she' ? 'he' : 'she'
            const rest = [pick(random, things), pick(random, where)] as const
            return {
              clean: frame(pick(random, people[right]), ...rest),
              corrupt: frame(pick(random, people[wrong]), ...rest),
              answers: [` ${right}`],
              distractors: [` ${wrong}`],
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'pronouns', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
