/// <reference lib="dom" preserve="true" />

/** The key under which Deno’s notebook kernel looks for how a value shows itself. */
export const JUPYTER: unique symbol = Symbol.for('Jupyter.display')

/** One thing in several forms, by MIME type: a notebook shows the richest that it can. */
export type MediaBundle = Readonly<Record<string, string>>

/** Something drawn, for a page or a notebook. */
export interface View {
  /** A new element to put anywhere; what a cell of Observable gives to be shown. */
  node(document?: Document): HTMLElement
  /** The same as it stands, as HTML without scripts. */
  toHtml(): string
  /** What Deno’s notebooks show. */
  readonly [JUPYTER]: () => MediaBundle
}
