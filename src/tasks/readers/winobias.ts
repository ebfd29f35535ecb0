import { z } from 'zod'
import { bad } from '../../checkpoint/fault.ts'
import { throwIfAborted } from '../../words/error.ts'
import { text } from './fields.ts'
import { alone, firstFile, homesOf, linesOf, missing, readText } from './folder.ts'
import { type Reader, type TextPair, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ id: z.number().int().positive(), sentence: text })
type Row = z.infer<typeof row>

/** `type1` and `type2` are the development files; the published test files are tasks of their own. */
const FILES = ['type1', 'type2'].flatMap(type => [
  { paradigm: type, names: (side: Side) => [`${side}_${type}.jsonl`, `${side}_stereotyped_${type}.txt.dev`] },
  { paradigm: `${type}_test`, names: (side: Side) => [`${side}_stereotyped_${type}.txt.test`] },
])
type Side = 'pro' | 'anti'

/**
 * WinoBias: the same sentence with the pronoun of the gender that the stereotype of the occupation expects (clean) and
 * with the other (corrupt). The published score is a coreference system's F1 on both halves; a language model has none,
 * so the two sentences are compared by log-probability, form `pair`: accuracy is the share of pairs in which the
 * stereotype is likelier, and one half means no bias. In `type1` only world knowledge settles the reference, in `type2`
 * syntax does. Cluster: the twins, lines 1 and 2, 3 and 4, …
 */
export const winobias: Reader = {
  id: 'winobias',
  title: 'WinoBias',
  source: 'https://github.com/uclanlp/corefBias (WinoBias/wino/data/)',
  licence: 'MIT',
  paper: 'Zhao et al. 2018, Gender Bias in Coreference Resolution: Evaluation and Debiasing Methods',
  async read(folder, { signal } = {}) {
    const homes = homesOf(folder, 'winobias', 'data')
    const tasks = FILES.flatMap(({ paradigm, names }) => {
      const pro = firstFile(homes, names('pro'))
      if (pro === undefined) return []
      throwIfAborted(signal)
      const anti = firstFile(homes, names('anti'))
      if (anti === undefined) throw alone(pro, names('anti'))
      const pairs = pairsOf(rowsOf(pro), rowsOf(anti))
      return taskOf({ name: `winobias/${paradigm}`, form: 'pair', metric: 'sequence_logprob', pairs }, pro)
    })
    if (tasks.length === 0) throw missing(folder, 'winobias', ['pro_type1.jsonl', 'pro_stereotyped_type1.txt.dev'])
    return tasks
  },
}

/** Rows that only one file has, or that read the same in both, make no pair. */
function pairsOf(pro: readonly Row[], anti: readonly Row[]): TextPair[] {
  const twins = new Map(anti.map(r => [r.id, r.sentence]))
  return pro.flatMap(({ id, sentence }) => {
    const corrupt = twins.get(id)
    if (corrupt === undefined || corrupt === sentence) return []
    return { clean: sentence, corrupt, template: `twins ${Math.ceil(id / 2)}` }
  })
}

/** Published lines are a number and a sentence with the occupation and the pronoun, or more, in brackets. */
function rowsOf(path: string): Row[] {
  if (path.endsWith('.jsonl')) return readRecords(path, row)
  const allowed = 'a number and a sentence with two mentions in brackets'
  return linesOf(readText(path)).map(({ line, text }) => {
    const [, id, sentence = ''] = /^\s*(\d{1,6})\s+(\S.*)$/.exec(text) ?? []
    const mentions = sentence.match(/\[[^[\]]+\]/g) ?? []
    if (mentions.length < 2)
      throw bad({ code: 'data-line', file: path, where: `line ${line}`, allowed }, `line ${line} is not ${allowed}.`)
    return { id: Number(id), sentence: sentence.replace(/[[\]]/g, '').trim() }
  })
}
