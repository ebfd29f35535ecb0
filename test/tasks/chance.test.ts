import { expect, test } from 'vitest'
import { checkTask } from '../../src/results/input.ts'
import { chanceOf } from '../../src/tasks/chance.ts'
import { accuracyOf } from '../../src/tasks/prepare.ts'
import { wordTokenizer } from '../support/word-tokenizer.ts'

const chance = async (task: object) =>
  chanceOf((await accuracyOf(checkTask({ name: 't', metric: 'accuracy', ...task }, 't'), wordTokenizer()))!, 1000)
const row = (answers: string[], distractors?: string[]) => ({ text: 'Q', answers, ...(distractors && { distractors }) })

test('a share of the candidates, of the vocabulary, of two texts', async () => {
  expect(await chance({ form: 'next', prompts: [row([' a'], [' b', ' c', ' d'])] })).toBe(1 / 4)
  expect(await chance({ form: 'next', prompts: [row([' a', ' b'], [' c', ' d'])] })).toBe(1 / 2)
  expect(await chance({ form: 'next', prompts: [row([' a'], [' b']), row([' a', ' b'])] })).toBe((1 / 2 + 2 / 1000) / 2)
  expect(await chance({ form: 'sequence', prompts: [row([' a b'], [' c', ' d'])] })).toBe(1 / 3)
  expect(await chance({ form: 'pair', pairs: [{ clean: 'A b', corrupt: 'A c' }] })).toBe(1 / 2)
})

test('only rows that were asked count', async () => {
  const prompts = [row([' a'], [' b']), row([' a b'], [' c', ' d', ' e'])]
  expect(await chance({ form: 'next', prompts })).toBe(1 / 2)
})
