import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readConllu } from '../../src/text/conllu.ts'
import { shared } from '../support/models.ts'

const treebank = (name: string) => shared('data', name, `${name}.conllu`)

/** Sentences as their README files count them; words and written-as-one words as a plain search for lines does. */
test.skipIf(!existsSync(treebank('ud_english_pud'))).each([
  ['ud_english_pud', 600],
  ['ud_english_ewt', 2001],
] as const)('%s is read whole: every sentence is a tree, and its words are its text', (name, count) => {
  const text = readFileSync(treebank(name), 'utf8')
  const sentences = readConllu(text, name)
  expect(sentences.length).toBe(count)
  const lines = text.split('\n')
  expect(sentences.reduce((n, s) => n + s.words.length, 0)).toBe(lines.filter(l => /^\d+\t/.test(l)).length)
  expect(sentences.map(s => s.text)).toEqual(
    lines.filter(l => l.startsWith('# text = ')).map(l => l.slice('# text = '.length).trim()),
  )
  const relations = (all: readonly string[]) => [...new Set(all)].sort()
  expect(relations(sentences.flatMap(s => s.words.map(w => w.relation)))).toEqual(
    relations(lines.filter(l => /^\d+\t/.test(l)).map(l => l.split('\t')[7]!)),
  )
})
