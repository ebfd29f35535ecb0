import { expect, test } from 'vitest'
import { readAddress, writeAddress } from '../../../app/src/state/address.ts'
import { EXAMPLE, parseFault, parseFor, relationsOf, sameParse } from '../../../app/src/state/parse.ts'
import { initial, type State } from '../../../app/src/state/state.ts'
import { withParse, withPrompt, withRelation, withScore } from '../../../app/src/state/update.ts'
import { treeFault } from '../../../src/text/parse.ts'
import { refusal } from '../../support/refusal.ts'

const parsed = withParse(initial, EXAMPLE.parse)
const WRITTEN =
  'parse=One:2:nummod,day:4:obl,Lily:4:nsubj,found:0:root,a:7:det,shiny:7:amod,key:4:obj,.:4:punct,Ben:10:nsubj,lost:0:root,the:12:det,shiny:10:obj'

test('our example is two trees over the words of the first prompt', () => {
  expect(parseFault(initial.prompt, EXAMPLE.parse)).toBeUndefined()
  expect(treeFault(EXAMPLE.parse)).toBeUndefined()
  expect(EXAMPLE.parse.filter(w => w.head === 0).map(w => w.form)).toEqual(['found', 'lost'])
  expect(relationsOf(EXAMPLE.parse).find(r => r.relation === 'obj')).toEqual({ relation: 'obj', edges: 2 })
})

test('the address holds a parse in words, and brings it back', () => {
  const s = withRelation(parsed, 'obj')
  expect(writeAddress(s)).toContain(WRITTEN)
  expect(readAddress(writeAddress(s))).toEqual({ state: s, problems: [] })
  const odd: State = withParse({ ...initial, prompt: { text: '3:1 , 50% & a=b ? # née “x”' } }, [
    ...['3:1', ',', '50%', '&', 'a=b', '?', '#', 'née', '“', 'x', '”'].map((form, i) => ({
      form,
      head: i === 0 ? 0 : 1,
      relation: i === 0 ? 'root' : 'nsubj:pass',
    })),
  ])
  expect(readAddress(writeAddress(odd))).toEqual({ state: odd, problems: [] })
})

test('a parse of another text, or no parse at all, is left out of an address with a sentence', () => {
  const other = readAddress(`#specimen/One night?head=6.5&score=syntax&${WRITTEN}`)
  expect(other.state.parse).toBeUndefined()
  expect(other.state.score).toBe('induction')
  expect(other.problems).toEqual([
    'The parse in the address is one of another text, and was left out: word 2 is “day”, and the text goes on with “night”.',
  ])
  expect(readAddress(`#specimen/One?parse=One:2:x`).problems).toEqual([
    '“parse=One:2:x” in the address was not understood.',
  ])
  const ids = readAddress('#specimen/ids:1,2?parse=One:0:root')
  expect([ids.state.parse, ids.problems.length]).toEqual([undefined, 1])
  expect(readAddress(`#specimen/One?parse=One:0:root&relation=obj`)).toMatchObject({
    problems: ['The parse has no relation obj; all of them are shown.'],
  })
})

test('a parse stays with its words and goes with other ones, and with it what is measured on it', () => {
  const text = (t: string) => withPrompt(withScore(parsed, 'syntax'), { text: t })
  expect(text(`${EXAMPLE.text} `)).toMatchObject({ parse: EXAMPLE.parse, score: 'syntax' })
  const gone = text(`${EXAMPLE.text} key`)
  expect([gone.parse, gone.relation, gone.score]).toEqual([undefined, undefined, 'induction'])
  expect(withPrompt(parsed, { ids: [1] }).parse).toBeUndefined()
})

test('what is pasted is CoNLL-U of this prompt, of one sentence or several', async () => {
  const line = (id: number, form: string, head: number, relation: string) =>
    `${id}\t${form}\t_\t_\t_\t_\t${head}\t${relation}\t_\t_`
  const conllu = [line(1, 'Ben', 2, 'nsubj'), line(2, 'ran', 0, 'root'), '', line(1, 'Lily', 0, 'root')].join('\n')
  const parse = parseFor({ text: 'Ben ran  Lily' }, conllu)
  expect(parse.map(w => w.head)).toEqual([2, 0, 0])
  expect(sameParse(parse, [...parse])).toBe(true)
  expect(sameParse(parse, EXAMPLE.parse)).toBe(false)
  expect((await refusal(() => parseFor({ text: 'Ben walked' }, conllu))).message).toBe(
    'This is a parse of another text: word 2 is “ran”, and the text goes on with “walked”.',
  )
  expect((await refusal(() => parseFor({ ids: [1] }, conllu))).message).toContain('a parse needs a text')
  expect((await refusal(() => parseFor({ text: 'Ben' }, 'Ben ran'))).message).toBe(
    'parse: line 1 has 1 fields; a word of CoNLL-U has 10, with tabs between them.',
  )
})
