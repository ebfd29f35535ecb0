import { expect, test } from 'vitest'
import { binName, profileFacts } from '../../../app/src/marks/profile-words.ts'
import { ProfileReader } from '../../../src/heads/profile.ts'

test('distances and facts have their units', () => {
  expect(
    [
      { from: 2, to: 2 },
      { from: 5, to: 8 },
    ].map(binName),
  ).toEqual(['2', '5–8'])
  const reader = new ProfileReader(3)
  for (const [q, row] of [[1], [0.5, 0.5], [0, 1, 0]].entries()) reader.add(q, row, 0)
  expect(profileFacts(reader.profile(5)).map(f => `${f.name} ${f.value} ${f.about}`)).toEqual([
    'distance 0.750 tokens back, sd 0.433',
    'entropy 0.231 nats of at most 0.597',
    'on itself 0.250 share',
    'on the first token 0.250 share',
  ])
})
