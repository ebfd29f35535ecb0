import type { BuiltinTask } from './builtin.ts'
import { exampleTask } from './examples.ts'

const styles = {
  questions: { question: (word: string) => `Q: ${word}\nA:`, end: '\n\n' },
  'in and out': { question: (word: string) => `Input: ${word}\nOutput:`, end: '\n\n' },
}

/** Few-shot relations: five words with their partners, then one without. Source: Todd et al. 2024, arXiv:2310.15213. */
export const relations: BuiltinTask = {
  id: 'relations',
  title: 'few-shot relations',
  model: 'any',
  source: 'Todd et al. 2024, arXiv:2310.15213',
  make: (tokenizer, o) => exampleTask('relations', styles, 5, tokenizer, o),
}
