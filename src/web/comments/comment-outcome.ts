/** Comments on one page. */
export const commentsShown = 50;

/** What becomes of a comment that is taken. */
export type Outcome = 'published' | 'held';

const words: Readonly<Record<Outcome, string>> = {
  published: 'Thank you. Your comment has been published.',
  held: 'Thank you. Your comment is waiting for a moderator and will appear here once it has been approved.',
};

/** What the writer is told of it. */
export function wordsOf(outcome: Outcome): string {
  return words[outcome];
}

/** The same, by what stands in the address of the page that follows a form; null: nothing that we know. */
export function toldOf(text: string | undefined): string | null {
  return text === 'published' || text === 'held' ? words[text] : null;
}
