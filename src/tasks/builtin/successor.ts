import type { Random } from '../../statistics/random.ts'
import type { BuiltinTask } from './builtin.ts'
import { type DrawnPair, drawTask, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { days, letters, months, numbers } from './words.ts'

const series = { days, months, numbers, letters }
const separators = { comma: ', ', space: ' ', semicolon: '; ' }
const SAID = 3

/**
 * What comes next in a series, after three of its entries or after one. The corrupt text is elsewhere in the series. A
 * series of which the tokenizer splits too many words is left out.
 * Source: Gould et al. 2023, arXiv:2312.09230.
 */
export const successor: BuiltinTask = {
  id: 'successor',
  title: 'what comes next in a series',
  model: 'specimen',
  source: 'Gould et al. 2023, arXiv:2312.09230',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'successor')
    const templates: Template[] = []
    for (const [what, list] of Object.entries(series)) {
      const known = new Set(await words.single(what, list, 0))
      // A gap in the series would make another word the right one.
      const starts = list
        .map((_, i) => i)
        .filter(i => i + SAID < list.length && list.slice(i, i + SAID + 1).every(w => known.has(w)))
      if (starts.length < 2) continue
      const row = (text: (i: number) => string, random: Random, after: number): DrawnPair => {
        const [here, there] = random.sample(starts.length, 2).map(i => starts[i]!) as [number, number]
        const next = (i: number) => ` ${list[i + after]}`
        return { clean: text(here), corrupt: text(there), answers: [next(here)], distractors: [next(there)] }
      }
      templates.push({ name: `${what}, after`, draw: random => row(i => `After ${list[i]} comes`, random, 1) })
      for (const [how, separator] of Object.entries(separators)) {
        const said = (i: number) => list.slice(i, i + SAID).join(separator) + separator.trimEnd()
        templates.push({ name: `${what}, ${how}`, draw: random => row(said, random, SAID) })
      }
    }
    return await drawTask({ id: 'successor', metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
