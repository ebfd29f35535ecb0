export { type AttentionViewOptions, attentionView, type RunInput } from './attention.ts'
export type { Nested, PatternInput } from './pattern.ts'
export { type ViewInput, type ViewOptions, view } from './result.ts'
export type { MediaBundle, View } from './view.ts'
