import { join } from 'node:path'
import { z } from 'zod'
import { memberFile } from '../../checkpoint/folder-member.ts'
import { throwIfAborted } from '../../words/error.ts'
import { text } from './fields.ts'
import { homesOf, missing, namesIn } from './folder.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

/** The published field names, or the short ones of the sample that headwise is tested with. */
const row = z.union([
  z
    .object({ sentence_good: text, sentence_bad: text })
    .transform(r => ({ good: r.sentence_good, bad: r.sentence_bad })),
  z.object({ good: text, bad: text }),
])
const PARADIGM = /^[\w-]{1,100}\.jsonl$/

/**
 * BLiMP: minimal pairs of an acceptable and an unacceptable sentence, one task for each of the 67 paradigms. A model is
 * right where it gives the acceptable sentence the higher full-sentence log-probability (the paper's "simple LM
 * method"), so the form is `pair`. The pairs of a paradigm are drawn independently of each other: no clusters.
 * A few published pairs are twice the same sentence; they are left out.
 */
export const blimp: Reader = {
  id: 'blimp',
  title: 'BLiMP: benchmark of linguistic minimal pairs',
  source: 'https://github.com/alexwarstadt/blimp (data/*.jsonl)',
  licence: 'CC BY 4.0',
  paper: 'Warstadt et al. 2020, BLiMP: The Benchmark of Linguistic Minimal Pairs for English',
  async read(folder, { signal } = {}) {
    const homes = homesOf(folder, 'blimp', 'data')
    const home = homes.find(h => namesIn(h, PARADIGM).length > 0)
    if (home === undefined) throw missing(folder, 'blimp', ['*.jsonl, one a paradigm'])
    return namesIn(home, PARADIGM).map(name => {
      throwIfAborted(signal)
      const path = memberFile(home, name) ?? join(home, name)
      const pairs = readRecords(path, row)
        .filter(({ good, bad }) => good !== bad)
        .map(({ good, bad }) => ({ clean: good, corrupt: bad }))
      return taskOf({ name: `blimp/${name.slice(0, -6)}`, form: 'pair', metric: 'sequence_logprob', pairs }, path)
    })
  },
}
