import { expect, test } from 'vitest'
import { temporalFacts } from '../../../src/tasks/readers/temporal-facts.ts'
import { Scratch } from '../../checkpoint/scratch.ts'

test('the corrupt twin is the nearest year of the same subject with another answer', async () => {
  const chairs: [string, number, string][] = [
    ['club', 1999, 'Cy'],
    ['club', 1990, 'Ann'],
    ['club', 1991, 'Ann'],
    ['club', 1994, 'Bo'],
    ['club', 1998, 'Bo'],
    ['guild', 1995, 'Ida'],
    ['guild', 1996, 'Ida'],
  ]
  using scratch = new Scratch()
  const rows = chairs.map(([subject, year, answer]) =>
    JSON.stringify({ relation: 'chair', subject, year, prompt: `${subject} ${year}`, answer }),
  )
  scratch.write('temporal_facts.jsonl', rows.join('\n'))
  const [task] = await temporalFacts.read(scratch.folder)
  expect(task?.pairs?.map(p => [p.clean, p.corrupt])).toEqual([
    ['club 1990', 'club 1994'],
    ['club 1991', 'club 1994'],
    ['club 1994', 'club 1991'],
    ['club 1998', 'club 1999'],
    ['club 1999', 'club 1998'],
  ])
})
