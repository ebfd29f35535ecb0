import { bad } from '../../checkpoint/fault.ts'
import { createRandom, type Random } from '../../statistics/random.ts'
import { continued, type PairRow } from './reader.ts'

export interface Example {
  readonly input: string
  readonly output: string
  /** Other outputs that are right as well. */
  readonly also?: readonly string[] | undefined
}

const SHOTS = 10
/** Drawn beyond the shots, since examples of the query's own input are passed over. */
const SPARE = 8
const MAX_DRAWS = 50
/** Each row stands in about ten prompts, twice. */
const MAX_CHARACTERS = 8 * 2 ** 20

const shot = ({ input, output }: Example): string => `Q: ${input}\nA: ${output}\n\n`

/**
 * Ten-shot prompts in the format of Todd et al. 2024 ("Q: x\nA: y\n\n"), one for each row as the query. The shots are
 * drawn without replacement from the other rows, by a stream that the seed 0 and `name` determine. The corrupt twin is
 * the paper's uninformative prompt: the same shots with their outputs shuffled among them. Shots that all have one
 * output, where shuffling changes nothing, are drawn again up to 50 times; then the row is left out.
 */
export function inContextPairs(rows: readonly Example[], name: string, file: string): PairRow[] {
  if (rows.length < 3) {
    const details = { code: 'data-rows', file, where: 'rows', found: rows.length, allowed: 'at least 3' }
    throw bad(details, `this file holds ${rows.length} rows; prompts with examples need at least 3.`)
  }
  const characters = rows.reduce((sum, r) => sum + r.input.length + r.output.length, 0)
  if (characters > MAX_CHARACTERS) {
    const details = { code: 'data-size', file, where: 'rows', found: characters, allowed: MAX_CHARACTERS }
    throw bad(details, `these rows are ${characters} characters together, over the limit of ${MAX_CHARACTERS}.`)
  }
  const random = createRandom(0).fork(name)
  return rows.flatMap((query, i) => {
    const shots = drawVariedShots(rows, i, random)
    if (shots === undefined) return []
    const outputs = shuffled(
      shots.map(s => s.output),
      random,
    )
    const corrupt = shots.map((s, k) => ({ input: s.input, output: outputs[k]! }))
    return {
      clean: `${shots.map(shot).join('')}Q: ${query.input}\nA:`,
      corrupt: `${corrupt.map(shot).join('')}Q: ${query.input}\nA:`,
      answers: [...new Set([query.output, ...(query.also ?? [])].map(continued))],
    }
  })
}

function drawShots(rows: readonly Example[], query: number, random: Random): Example[] {
  const others = rows.length - 1
  return random
    .sample(others, Math.min(others, SHOTS + SPARE))
    .map(j => rows[j >= query ? j + 1 : j]!)
    .filter(r => r.input !== rows[query]!.input)
    .slice(0, SHOTS)
}

function drawVariedShots(rows: readonly Example[], query: number, random: Random): Example[] | undefined {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const shots = drawShots(rows, query, random)
    if (new Set(shots.map(s => s.output)).size > 1) return shots
  }
  return undefined
}

/** Another order of the outputs, at least two of which differ, that reads differently. */
function shuffled(outputs: readonly string[], random: Random): string[] {
  for (;;) {
    const order = random.shuffle(outputs)
    if (order.some((o, i) => o !== outputs[i])) return order
  }
}
