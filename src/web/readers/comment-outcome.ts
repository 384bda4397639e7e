/** Comments per page. */
export const commentsPerPage = 50;

/** What happens to an accepted comment: it is published at once, or waits for a moderator. */
export type CommentOutcome = 'published' | 'pending';

const messages: Readonly<Record<CommentOutcome, string>> = {
  published: 'Thank you. Your comment has been published.',
  pending: 'Thank you. Your comment is waiting for a moderator and appears here after approval.',
};

/** The confirmation for the author. */
export function outcomeMessage(outcome: CommentOutcome): string {
  return messages[outcome];
}

/** The confirmation for a `comment=` query parameter, which the redirect after a form adds; null: unknown value. */
export function parseOutcomeMessage(text: string | undefined): string | null {
  return text === 'published' || text === 'pending' ? messages[text] : null;
}
