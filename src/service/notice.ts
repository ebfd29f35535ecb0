/** Whose a model is, for whoever looks at it. */
export const noticeOf = (name: string, specimen: boolean): string =>
  specimen
    ? 'A small model made for headwise and trained so that the textbook circuits exist in it; MIT licence, like headwise.'
    : `${name} is used as it was given; its own licence holds for it and for what is made of it.`
