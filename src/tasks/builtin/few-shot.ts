import type { BuiltinTask } from './builtin.ts'
import { exampleTask } from './examples.ts'

const styles = {
  'thin arrow': { question: (word: string) => `${word} ->`, end: '\n' },
  'thick arrow': { question: (word: string) => `${word} =>`, end: '\n' },
  colon: { question: (word: string) => `${word}:`, end: '\n' },
  equals: { question: (word: string) => `${word} =`, end: ', ' },
}

/** Few-shot pairs as the specimen was taught them: four examples, then a word. */
export const fewShot: BuiltinTask = {
  id: 'few-shot',
  title: 'few-shot pairs',
  model: 'specimen',
  make: (tokenizer, o) => exampleTask('few-shot', styles, 4, tokenizer, o),
}
