import type { NewswireClient } from '../client.ts';
import { startCommentForm } from './comment-form.ts';
import { CommentList } from './comment-list.ts';

/** Updates the read count and the comments of an open item page. The form also works without this script. */
export function startDiscussion(
  client: NewswireClient,
  article: HTMLElement,
  formatDate: (ms: number) => string,
): void {
  const id = Number(article.dataset['item']);
  const reads = document.querySelector<HTMLElement>('.read-count');
  const section = document.querySelector<HTMLElement>('.comments');
  const form = document.querySelector<HTMLFormElement>('.comment-form');
  const list = section === null ? null : new CommentList(section, formatDate);
  if (form !== null && list !== null) startCommentForm(form, () => list.refresh());
  client.watch([id]);
  client.on('counts', (all) => {
    const counts = all.find((one) => one.id === id);
    if (counts === undefined) return;
    if (reads !== null) reads.textContent = String(counts.reads);
    list?.noteRevision(counts.commentsRevision);
  });
}
