import { checkHeads, type Head } from '../heads/importance/head-set.ts'
import { type Profile, ProfileReader } from '../heads/profile.ts'
import { throwIfAborted } from '../words/error.ts'
import type { Opened } from './open.ts'
import { listOfPrompts, type Prompt } from './prompts.ts'
import { type RunOptions, runPrompts } from './run.ts'

export interface ProfileOptions extends Omit<RunOptions, 'capture' | 'sink' | 'allLogits' | 'attended'> {
  readonly heads: readonly Head[]
  /** How many tokens that receive most, and queries that attend most sharply; default 5. */
  readonly top?: number
}

/** The profile of one head on one of the prompts, counted from 0. */
export interface HeadProfile extends Head, Profile {
  readonly prompt: number
}

/** What the heads' patterns come to on each prompt; of the patterns one layer at a time is held. */
export async function headProfiles(
  opened: Opened,
  prompts: Prompt | readonly Prompt[],
  { heads, top = 5, ...o }: ProfileOptions,
): Promise<HeadProfile[]> {
  checkHeads(heads, opened.engine.config)
  const layers = [...new Set(heads.map(h => h.layer))]
  const found = new Map<string, Profile>()
  await runPrompts(opened, prompts, {
    ...o,
    capture: layers.map(l => `pattern@${l}`),
    sink:
      prompt =>
      async ({ layer }, { data, shape }) => {
        const time = shape[1]!
        for (const { head } of heads.filter(h => h.layer === layer)) {
          throwIfAborted(o.signal)
          const reader = new ProfileReader(time)
          for (let q = 0; q < time; q++) reader.add(q, data, (head * time + q) * time)
          found.set(`${prompt} ${layer} ${head}`, reader.profile(top))
        }
      },
  })
  return listOfPrompts(prompts).flatMap((_, prompt) =>
    heads.map(({ layer, head }) => ({ prompt, layer, head, ...found.get(`${prompt} ${layer} ${head}`)! })),
  )
}
