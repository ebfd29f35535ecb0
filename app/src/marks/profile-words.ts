import type { DistanceBin, Profile } from '../../../src/heads/profile.ts'
import { digits } from './number.ts'

/** `1`, `3–4`: distances in tokens. */
export const binName = ({ from, to }: Pick<DistanceBin, 'from' | 'to'>): string =>
  from === to ? `${from}` : `${from}–${to}`

export interface Fact {
  readonly name: string
  readonly value: string
  readonly about: string
}

/** The numbers of a profile, each with its unit. */
export const profileFacts = ({ distance, entropy, self, first }: Profile): Fact[] => [
  { name: 'distance', value: digits(distance.mean), about: `tokens back, sd ${digits(distance.deviation)}` },
  { name: 'entropy', value: digits(entropy.mean), about: `nats of at most ${digits(entropy.most)}` },
  { name: 'on itself', value: digits(self), about: 'share' },
  { name: 'on the first token', value: digits(first), about: 'share' },
]
