import { z } from 'zod'
import { bad } from '../../checkpoint/fault.ts'
import { throwIfAborted } from '../../words/error.ts'
import { text } from './fields.ts'
import { firstFile, homesOf, linesOf, missing, readText } from './folder.ts'
import { type Reader, taskOf } from './reader.ts'
import { readRecords } from './records.ts'

const row = z.object({ text, label: z.union([z.literal(0), z.literal(1)]) })
type Row = z.infer<typeof row>

const FILES = [
  { site: 'amazon', published: 'amazon_cells_labelled.txt' },
  { site: 'imdb', published: 'imdb_labelled.txt' },
  { site: 'yelp', published: 'yelp_labelled.txt' },
]

/**
 * One-sentence reviews, positive or negative: the logit of the right word less that of the other one after
 * "Review: …\nSentiment:". The data set is made for classifiers, so that this frame, in lower-case words, is the common
 * zero-shot one and not its authors'. The published files are lines of text, tab, label.
 */
export const sentimentSentences: Reader = {
  id: 'sentiment_sentences',
  title: 'Sentiment labelled sentences',
  source: 'https://archive.ics.uci.edu/dataset/331/sentiment+labelled+sentences',
  licence: 'CC BY 4.0',
  paper: 'Kotzias et al. 2015, From Group to Individual Labels Using Deep Features',
  async read(folder, { signal } = {}) {
    const homes = homesOf(folder, 'sentiment_sentences', 'sentiment labelled sentences')
    const tasks = FILES.flatMap(({ site, published }) => {
      const path = firstFile(homes, [`${site}.jsonl`, published])
      if (path === undefined) return []
      throwIfAborted(signal)
      const prompts = (path.endsWith('.txt') ? labelled(path) : readRecords(path, row)).map(r => ({
        text: `Review: ${r.text.trim()}\nSentiment:`,
        answers: [r.label === 1 ? ' positive' : ' negative'],
        distractors: [r.label === 1 ? ' negative' : ' positive'],
      }))
      return taskOf({ name: `sentiment_sentences/${site}`, form: 'next', metric: 'logit_diff', prompts }, path)
    })
    if (tasks.length === 0)
      throw missing(folder, 'sentiment_sentences', ['amazon.jsonl', ...FILES.map(f => f.published)])
    return tasks
  },
}

/** Lines of text, tab, 0 or 1; the text itself may hold anything but a line break. */
function labelled(path: string): Row[] {
  return linesOf(readText(path)).map(({ line, text: whole }) => {
    const tab = whole.lastIndexOf('\t')
    const [said, label] = [whole.slice(0, Math.max(0, tab)).trim(), whole.slice(tab + 1).trim()]
    if (said === '' || (label !== '0' && label !== '1')) {
      const details = { code: 'data-line', file: path, where: `line ${line}`, allowed: 'text, tab, 0 or 1' }
      throw bad(details, `line ${line} is not a text, a tab and a label of 0 or 1.`)
    }
    return { text: said, label: label === '1' ? 1 : 0 }
  })
}
