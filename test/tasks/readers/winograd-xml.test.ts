import { expect, test } from 'vitest'
import { collectionRows } from '../../../src/tasks/readers/winograd-xml.ts'
import { refusal } from '../../support/refusal.ts'

const schema = (pron = '<pron> it </pron>', answer = 'B.') =>
  `<schema><text><txt1>\nA &amp; B\nwere so</txt1>${pron}<txt2> fell </txt2></text><quote><pron>not this</pron></quote>
  <answers><answer> A </answer><answer>B&apos;s</answer></answers><correctAnswer> ${answer} </correctAnswer></schema>`
const rows = (text: string) => collectionRows({ path: 'f.xml', text })

test('schemas become rows; entities are the five predefined ones', () => {
  expect(rows(schema() + schema('<pron>they</pron>', 'A'))).toEqual([
    { before: 'A & B were so', pronoun: 'it', after: 'fell', answers: ['A', "B's"], correct: 1 },
    { before: 'A & B were so', pronoun: 'they', after: 'fell', answers: ['A', "B's"], correct: 0 },
  ])
  expect(rows(schema('<pron>&x; &#65;</pron>'))).toMatchObject([{ pronoun: '&x; &#65;' }])
})

test('what is missing is undefined, for the schema to refuse; a file without schemas is refused', async () => {
  expect(rows(schema('').replace('<pron>not this</pron>', ''))).toMatchObject([{ pronoun: undefined }])
  expect(rows('</schema>')).toEqual([
    { before: undefined, pronoun: undefined, after: undefined, answers: [undefined, undefined], correct: -1 },
  ])
  for (const text of ['', '<schema>', '</schema>'.repeat(10_001)])
    expect((await refusal(() => rows(text))).code).toBe('data-xml')
})

test('many tags that never close take linear time', () => {
  const start = performance.now()
  expect(rows(`${'<schema><txt1><answer>'.repeat(100_000)}</schema>`)).toHaveLength(1)
  expect(performance.now() - start).toBeLessThan(20_000)
})
