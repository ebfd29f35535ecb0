import { z } from 'zod'

/** A prompt, a sentence or a passage: 1 to 100,000 characters. */
export const text = z.string().min(1).max(100_000)
/** A word, a name, an answer or a template: 1 to 2,000 characters, since it may be repeated in many prompts. */
export const phrase = z.string().min(1).max(2000)
