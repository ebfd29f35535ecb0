/** A word of a text, and whether the other text has it at this place. */
export interface Word {
  readonly text: string
  readonly same: boolean
}

/** Words with the whitespace before them. */
export const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? []

/** Two texts as words, those of neither longest common run marked: Wagner and Fischer's table, for short texts. */
export function wordDiff(a: string, b: string): readonly [readonly Word[], readonly Word[]] {
  const [left, right] = [wordsOf(a), wordsOf(b)]
  const [rows, columns] = [left.length + 1, right.length + 1]
  const common = new Uint16Array(rows * columns)
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      common[i * columns + j] =
        left[i] === right[j]
          ? common[(i + 1) * columns + j + 1]! + 1
          : Math.max(common[(i + 1) * columns + j]!, common[i * columns + j + 1]!)
  const [out, other]: [Word[], Word[]] = [[], []]
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      out.push({ text: left[i++]!, same: true })
      other.push({ text: right[j++]!, same: true })
    } else if (j >= right.length || (i < left.length && common[(i + 1) * columns + j]! >= common[i * columns + j + 1]!))
      out.push({ text: left[i++]!, same: false })
    else other.push({ text: right[j++]!, same: false })
  }
  return [out, other]
}
