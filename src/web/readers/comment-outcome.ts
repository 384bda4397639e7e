/** Comments on one page. */
export const commentsPerPage = 50;

/** What becomes of a comment that is taken. */
export type CommentOutcome = 'published' | 'held';

const messages: Readonly<Record<CommentOutcome, string>> = {
  published: 'Thank you. Your comment has been published.',
  held: 'Thank you. Your comment is waiting for a moderator and will appear here once it has been approved.',
};

/** What the writer is told of it. */
export function outcomeMessage(outcome: CommentOutcome): string {
  return messages[outcome];
}

/** The same, by what stands in the address of the page that follows a form; null: nothing that we know. */
export function parseOutcomeMessage(text: string | undefined): string | null {
  return text === 'published' || text === 'held' ? messages[text] : null;
}
