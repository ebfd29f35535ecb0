import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readers } from '../../../src/tasks/readers/index.ts'
import { Scratch } from '../../checkpoint/scratch.ts'
import { refusal } from '../../support/refusal.ts'

/** A hostile file is judged within two seconds; asserted at ten times that, for machines that do other things too. */
const MILLISECONDS = 20_000

async function judged(id: string, files: Readonly<Record<string, string>>): Promise<string> {
  using scratch = new Scratch()
  for (const [name, content] of Object.entries(files)) scratch.write(name, content)
  const start = performance.now()
  const error = await refusal(() => readers.find(r => r.id === id)!.read(scratch.folder))
  expect(performance.now() - start).toBeLessThan(MILLISECONDS)
  expect(error.fault).toBe('data')
  return error.message
}
const row = (value: object): string => `${JSON.stringify(value)}\n`

test('texts that regular expressions could stall on are judged in time', async () => {
  const spaces = ' '.repeat(49_000)
  const names = Array.from({ length: 15_000 }, (_, i) => `A${i.toString(36)}`)
  const words = names.join(' ').slice(0, 99_000)
  expect(await judged('sentiment_sentences', { 'yelp_labelled.txt': 'x'.repeat(2 ** 20) })).toMatch(
    /line 1 is not a text/,
  )
  expect(
    await judged('ioi', { 'ioi_pairs.jsonl': row({ clean: words, corrupted: 'x', corrupted_hard: 'x' }) }),
  ).toMatch(/must say one name once/)
  const line = `1 ${'[a'.repeat(500_000)}`
  const both = { 'pro_stereotyped_type1.txt.dev': line, 'anti_stereotyped_type1.txt.dev': line }
  expect(await judged('winobias', both)).toMatch(/line 1 is not a number and a sentence/)
  const schema = {
    before: `a.${spaces}x.${spaces}`,
    pronoun: 'it',
    after: `${spaces}b`,
    answers: ['a', 'a'],
    correct: 0,
  }
  expect(await judged('winograd_wsc', { 'wsc.jsonl': row(schema) })).toMatch(/must differ/)
})

test('rows that would grow without measure are refused', async () => {
  const sample = { subject: 'y'.repeat(2000), object: 'z' }
  const relation = { prompt_templates: ['{}'.repeat(1000)], samples: [sample] }
  expect(await judged('relations', { 'factual/r.json': JSON.stringify(relation) })).toMatch(/must hold \{\} once/)
  const swap = { title: 't', question: 'q', passage: 'a'.repeat(100_000), answer: 'a', substitute: 'b'.repeat(2000) }
  expect(await judged('nq_qed', { 'nq_qed.jsonl': row(swap) })).toMatch(/must not come to more than 100000 characters/)
  const facts = { attribute: 'y', template: 't', prompt: 'x'.repeat(100_001) }
  expect(await judged('known_facts', { 'known_facts.jsonl': row(facts) })).toMatch(/at most 100000 characters/)
  const shots = Array.from({ length: 4500 }, (_, i) => ({ input: `${i}${'x'.repeat(1900)}`, output: String(i) }))
  expect(await judged('function_vectors', { 'abstractive/t.json': JSON.stringify(shots) })).toMatch(
    /characters together/,
  )
})

test('a task as a whole has its limit', async () => {
  using scratch = new Scratch()
  const paragraphs = ['x'.repeat(100_000)]
  const asked = Array.from({ length: 2700 }, (_, i) =>
    row({ title: 't', paragraph: 0, question: `q${i}`, answer: 'x' }),
  )
  scratch.write('articles.jsonl', row({ title: 't', paragraphs }))
  const xquad = readers.find(r => r.id === 'xquad_en')!
  scratch.write('questions.jsonl', asked.slice(0, 100).join(''))
  expect((await xquad.read(scratch.folder))[0]?.prompts).toHaveLength(100)
  scratch.write('questions.jsonl', asked.join(''))
  expect((await refusal(() => xquad.read(scratch.folder))).code).toBe('data-size')
})

test('a file that is no file, and a folder with too many, are refused', async () => {
  using scratch = new Scratch()
  const known = readers.find(r => r.id === 'known_facts')!
  scratch.write('known_facts.jsonl/inside', '')
  expect((await refusal(() => known.read(scratch.folder))).code).toBe('not-a-regular-file')
  using device = new Scratch()
  symlinkSync('/dev/zero', device.path('known_facts.jsonl'))
  expect((await refusal(() => known.read(device.folder))).code).toBe('link-leaves-folder')
  using crowd = new Scratch()
  for (let i = 0; i <= 1000; i++) crowd.write(`p${i}.jsonl`, '')
  const error = await refusal(() => readers.find(r => r.id === 'blimp')!.read(crowd.folder))
  expect([error.code, error.found, error.allowed]).toEqual(['data-entries', 1001, 1000])
})

test('half a data set is refused by the half that is there', async () => {
  const half = [
    ['winobias', 'pro_type1.jsonl', /pro_type1.jsonl: this file needs anti_type1.jsonl or .* beside it/],
    ['winogender', 'all_sentences.tsv', /needs occupations-stats.tsv beside it/],
    ['xquad_en', 'questions.jsonl', /needs articles.jsonl beside it/],
  ] as const
  for (const [id, name, says] of half) expect(await judged(id, { [name]: 'x' })).toMatch(says)
})
