/** What a single key asks for. */
export type Command =
  | 'off'
  | 'mean'
  | 'restore'
  | 'less'
  | 'more'
  | 'edge'
  | 'direction'
  | 'undo'
  | 'redo'
  | 'find'
  | 'keys'
  | 'table'
  | 'home'
  | 'previousToken'
  | 'nextToken'
  | 'prompt'

export interface Binding {
  readonly key: string
  readonly command: Command
  /** As one would say it in a list of keys. */
  readonly words: string
}

export const bindings: readonly Binding[] = [
  { key: '0', command: 'off', words: 'switch the chosen heads off' },
  { key: 'm', command: 'mean', words: 'put the chosen heads at their mean' },
  { key: '1', command: 'restore', words: 'put the chosen heads back as they were' },
  { key: '[', command: 'less', words: 'scale the chosen heads down' },
  { key: ']', command: 'more', words: 'scale the chosen heads up' },
  { key: 'e', command: 'edge', words: 'knock out the edge from the query to the key under the cursor' },
  { key: 'i', command: 'direction', words: 'what attends to the token, or what it attends to' },
  { key: 'u', command: 'undo', words: 'undo' },
  { key: 'U', command: 'redo', words: 'redo' },
  { key: ',', command: 'previousToken', words: 'query: one token back' },
  { key: '.', command: 'nextToken', words: 'query: one token on' },
  { key: '/', command: 'find', words: 'find a head' },
  { key: 'h', command: 'home', words: 'map back to layers × heads, nothing filtered' },
  { key: 'p', command: 'prompt', words: 'go to the prompt' },
  { key: 't', command: 'table', words: 'show the numbers of the chart in focus as a table' },
  { key: '?', command: 'keys', words: 'show this list' },
]

interface Press {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

/** The command of a key press, where it has one; with Ctrl, Alt or Cmd held a key belongs to the browser. */
export function commandOf({ key, ctrlKey, metaKey, altKey }: Press): Command | undefined {
  if (ctrlKey || metaKey || altKey) return undefined
  return bindings.find(b => b.key === key)?.command
}
