import type { NewswireClient } from '../client.ts';
import { startCommentForm } from './comment-form.ts';
import { CommentList } from './comment-list.ts';

/**
 * Keeps what readers leave behind at an item's page up to date: how often it was read, and the comments. Without this
 * script both stand as the server wrote them, and the form works all the same.
 */
export function startDiscussion(client: NewswireClient, article: HTMLElement, writeDate: (ms: number) => string): void {
  const id = Number(article.dataset['item']);
  const reads = document.querySelector<HTMLElement>('.read-count');
  const section = document.querySelector<HTMLElement>('.comments');
  const form = document.querySelector<HTMLFormElement>('.comment-form');
  const list = section === null ? null : new CommentList(section, writeDate);
  if (form !== null && list !== null) startCommentForm(form, () => list.refresh());
  client.watch([id]);
  client.on('counts', (all) => {
    const counts = all.find((one) => one.id === id);
    if (counts === undefined) return;
    if (reads !== null) reads.textContent = String(counts.reads);
    list?.noteRevision(counts.commentsRevision);
  });
}
