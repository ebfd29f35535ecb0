import type { BuiltinTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { colours, names, objects, places } from './words.ts'

const WORDS = 10
/** Which words are asked for, from 0: some words must be said again before, and one come after. */
const ASKED = [3, 4, 5, 6, 7, 8]
const styles = {
  again: (list: string, begun: string) => `${list}\nAgain: ${begun}`,
  bar: (list: string, begun: string) => `${list} | ${begun}`,
}

/**
 * A list of random words said again up to some word. In the corrupt text that word and a later one have changed places
 * in the first list, so that both texts hold the same words. The distractors are all other words of the list.
 * Source: Olsson et al. 2022, arXiv:2209.11895 (copying from the context by induction).
 */
export const copying: BuiltinTask = {
  id: 'copying',
  title: 'copying a list of words',
  model: 'any',
  source: 'Olsson et al. 2022, arXiv:2209.11895',
  make: async (tokenizer, o) => {
    const vocabulary = new Vocabulary(tokenizer, 'copying')
    const words = await vocabulary.single('words', [...names, ...objects, ...colours, ...places], WORDS)
    const templates = Object.entries(styles).flatMap(([name, style]) =>
      ASKED.map(
        (at): Template => ({
          name: `${name}, word ${at + 1}`,
          draw: random => {
            const list = several(random, words, WORDS)
            const later = at + 1 + random.integer(WORDS - 1 - at)
            const swapped = list.map((w, i) => (i === at ? list[later]! : i === later ? list[at]! : w))
            const begun = list.slice(0, at).join(' ')
            return {
              clean: style(list.join(' '), begun),
              corrupt: style(swapped.join(' '), begun),
              answers: [` ${list[at]}`],
              distractors: list.filter((_, i) => i !== at).map(w => ` ${w}`),
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'copying', metric: 'logit_diff', notes: vocabulary.notes }, templates, tokenizer, o)
  },
}
