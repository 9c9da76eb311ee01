/** Spaces as a page shows them: none around, one between. A word that was stored with others could not be typed as it is read. */
const asShown = (text: string): string => text.trim().replaceAll(/\s+/g, ' ')

/** Whether what was typed to confirm something is the word that was asked for. */
export const isTyped = (typed: string, word: string): boolean => asShown(typed) === asShown(word)
