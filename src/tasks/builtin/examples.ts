import type { Tokenizer } from '../../text/tokenizer.ts'
import type { MadeTask, MakeOptions } from '../source.ts'
import type { PairTask } from './builtin.ts'
import { drawTask, several, type Template } from './draw.ts'
import { Vocabulary } from './vocabulary.ts'
import { antonyms, capitals, pasts, plurals } from './words.ts'

const relations = { antonyms, 'past tense': pasts, plurals, capitals }

/** How examples of a relation are written: one example without its answer, the answer, what ends an example. */
export interface ExampleStyle {
  readonly question: (word: string) => string
  readonly end: string
}

/**
 * Few-shot prompts: examples of a relation and a last word, whose partner is the answer. The corrupt text has the same
 * examples and another last word of equally many tokens. Every relation and style is a template.
 */
export async function exampleTask(
  id: string,
  styles: Readonly<Record<string, ExampleStyle>>,
  shots: number,
  tokenizer: Tokenizer,
  o?: MakeOptions,
): Promise<MadeTask<PairTask>> {
  const words = new Vocabulary(tokenizer, id)
  const templates: Template[] = []
  for (const [relation, list] of Object.entries(relations)) {
    const known = await words.answered(relation, list, shots + 2)
    for (const [style, { question, end }] of Object.entries(styles))
      templates.push({
        name: `${relation}, ${style}`,
        draw: random => {
          const [asked, other, ...examples] = several(random, known, shots + 2)
          const before = examples.map(([word, partner]) => `${question(word)} ${partner}${end}`).join('')
          return {
            clean: before + question(asked![0]),
            corrupt: before + question(other![0]),
            answers: [` ${asked![1]}`],
            distractors: [` ${other![1]}`],
          }
        },
      })
  }
  return await drawTask({ id, metric: 'logit_diff', notes: words.notes }, templates, tokenizer, o)
}
