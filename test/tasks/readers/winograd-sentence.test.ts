import { expect, test } from 'vitest'
import { substituted } from '../../../src/tasks/readers/winograd-sentence.ts'

test('a candidate takes the place of the pronoun as one would write it', () => {
  const cases: [string, string, string, string, string][] = [
    ['The jug fell because', 'it', 'was wet.', 'The jug', 'The jug fell because the jug was wet.'],
    ['The jug fell.', 'It', 'was wet.', 'the jug', 'The jug fell. The jug was wet.'],
    ['He said "Stop!"', 'It', 'was loud.', 'a car', 'He said "Stop!" A car was loud.'],
    ['', 'She', 'left Ann.', 'her aunt', 'Her aunt left Ann.'],
    ['We thanked', 'them', '.', 'The guests', 'We thanked the guests.'],
    ['Otto washed', 'his', 'cat.', 'Ann', "Otto washed Ann's cat."],
    ['Uma asked', 'her', '.', "Ann's", 'Uma asked Ann.'],
    ['Uma took', 'her', 'hat.', "Ann's", "Uma took Ann's hat."],
    ['Uma told', 'her', 'that it rained.', 'Ann', 'Uma told Ann that it rained.'],
    ['It rained ("', 'she', ' ran") ', 'Ann', 'It rained ("Ann ran")'],
    ['Otto (', 'his', ' cat, too) met Uma.', 'Ann', "Otto (Ann's cat, too) met Uma."],
    ['Uma left; ', 'she', ', too, ran.', 'the Baker', 'Uma left; the Baker, too, ran.'],
    ['They met', 'him', 'there.', 'Anton', 'They met Anton there.'],
  ]
  for (const [before, pronoun, after, candidate, whole] of cases)
    expect(substituted({ before, pronoun, after }, candidate)).toBe(whole)
})
