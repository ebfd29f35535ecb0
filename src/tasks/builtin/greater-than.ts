import type { BuiltinTask } from './builtin.ts'
import { drawTask, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'

const events = ['war', 'journey', 'reign', 'trial', 'voyage', 'project']
const frames = {
  began: (event: string, year: string, century: string) => `The ${event} began in ${year} and ended in ${century}`,
  lasted: (event: string, year: string, century: string) =>
    `The ${event} lasted from the year ${year} to the year ${century}`,
}
const digits = [...'0123456789']

/**
 * A year that must be later than another, read at its third digit: any greater digit is right, any smaller one wrong;
 * the same digit is neither. The corrupt text begins in the year 01 of the same century, after which any digit serves.
 * The metric is Σ p(right) − Σ p(wrong). Needs a tokenizer that writes years digit by digit.
 * Source: Hanna et al. 2023, arXiv:2305.00586 (there with years of two tokens).
 */
export const greaterThan: BuiltinTask = {
  id: 'greater-than',
  title: 'a later year, by its next digit',
  model: 'any',
  source: 'Hanna et al. 2023, arXiv:2305.00586',
  make: async (tokenizer, o) => {
    const words = new Vocabulary(tokenizer, 'greater-than')
    await words.digits()
    const templates = Object.entries(frames).flatMap(([name, frame]) =>
      events.map(
        (event): Template => ({
          name: `${name}, ${event}`,
          draw: random => {
            const century = String(11 + random.integer(8))
            const decade = 2 + random.integer(6)
            return {
              clean: frame(event, `${century}${decade}${random.integer(10)}`, century),
              corrupt: frame(event, `${century}01`, century),
              answers: digits.filter(d => Number(d) > decade),
              distractors: digits.filter(d => Number(d) < decade),
            }
          },
        }),
      ),
    )
    return await drawTask({ id: 'greater-than', metric: 'prob_diff', notes: words.notes }, templates, tokenizer, o)
  },
}
