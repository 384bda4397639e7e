import { makeDateline } from '../../domain/dateline.ts';
import { NewswireClient } from '../client.ts';
import type { ClientState, ItemEvent } from '../client-types.ts';
import { startCommentForm } from './comment-form.ts';
import { CommentList } from './comment-list.ts';
import { startKeyboard } from './keyboard.ts';
import { type DatelineStyle, makeRelativeDateline } from './local-dateline.ts';
import { NewItemsNotice } from './new-items-notice.ts';
import { NewsFeedList } from './news-feed-list.ts';
import { ScrollAnchor } from './scroll-anchor.ts';

const maxEntries = 60;
const tickMs = 20_000;
const feedbackMs = 2000;

const stateLabels: Readonly<Record<ClientState, string>> = {
  connecting: 'connecting',
  'catching-up': 'catching up',
  live: 'live',
  waiting: 'reconnecting',
  closed: 'not live',
};

/**
 * Shows the age of recent items in lists instead of their date, and keeps it up to date. The date moves to the tooltip.
 * The dateline of an item page does not change.
 */
function startRelativeTimes(style: DatelineStyle, tickMs: number): void {
  const format = makeRelativeDateline(style);
  const times = [...document.querySelectorAll<HTMLTimeElement>('main :is(.lead, .featured, .item) .meta time')];
  for (const time of times) time.title = time.textContent ?? '';
  const tick = (): void => {
    for (const time of times) {
      const text = format(Date.parse(time.dateTime), Date.now());
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tick();
  setInterval(tick, tickMs);
}

/** Connects the News feed of the page, and the notice above the list, to the live stream. */
function startNewsFeed(aside: HTMLElement, notice: NewItemsNotice | null): void {
  const list = aside.querySelector<HTMLElement>('.news-feed-list');
  const button = aside.querySelector<HTMLButtonElement>('.new-lines');
  const { cursor, basePath = '', dateline = '', timezone = 'UTC' } = aside.dataset;
  const article = document.querySelector<HTMLElement>('article[data-item]');
  if (list === null || button === null || cursor === undefined) return;

  const formatTime = makeRelativeDateline({ pattern: dateline, timezone });
  const feed = new NewsFeedList(list, {
    maxEntries,
    basePath,
    scrollAnchor: new ScrollAnchor(list, button),
    formatTime: (ms) => formatTime(ms, Date.now()),
  });
  feed.updateTimes();
  setInterval(() => feed.updateTimes(), tickMs);

  // Backfilled items too: on the first day of a server there are no others.
  const client = new NewswireClient(`${location.origin}${basePath}`, { filter: { backfill: true }, after: cursor });
  client.on('item', (change) => {
    apply(feed, change);
    notice?.apply(change);
  });
  client.on('reset', ({ items }) => {
    feed.replace(items);
    notice?.showWithoutCount();
  });
  client.on('state', showState);
  if (article !== null) startDiscussion(client, article, makeDateline(dateline, timezone));
}

function apply(feed: NewsFeedList, change: ItemEvent): void {
  switch (change.op) {
    case 'add':
    case 'update':
      feed.upsert(change.item);
      break;
    case 'remove':
      feed.remove(change.item.id);
      break;
    default:
      change satisfies never;
  }
}

/** Connects the notice above search results to a subscription for the search. */
function startSearch(notice: NewItemsNotice, { q, cursor, basePath = '' }: DOMStringMap): void {
  if (q === undefined || cursor === undefined) return;
  const client = new NewswireClient(`${location.origin}${basePath}`, { filter: { q, backfill: true }, after: cursor });
  client.on('item', (change) => notice.apply(change));
  client.on('reset', () => notice.showWithoutCount());
  client.on('state', showState);
}

function showState(state: ClientState): void {
  const element = document.querySelector<HTMLElement>('.live-state');
  if (element === null) return;
  element.hidden = false;
  element.dataset['state'] = state;
  element.textContent = stateLabels[state];
}

function createNotice(element: HTMLElement | null): NewItemsNotice | null {
  const button = element?.querySelector('button') ?? null;
  return element === null || button === null ? null : new NewItemsNotice(element, button);
}

/** Removes pictures that cannot be loaded, with the boxes around them. */
function removeBrokenPictures(): void {
  const remove = (image: HTMLImageElement): void => (image.closest('.picture') ?? image).remove();
  // The error event of an image does not bubble, but it can be captured.
  document.addEventListener(
    'error',
    (event) => {
      if (event.target instanceof HTMLImageElement) remove(event.target);
    },
    { capture: true },
  );
  for (const image of document.querySelectorAll('img')) {
    if (image.complete && image.naturalWidth === 0) remove(image);
  }
}

/** Shows the copy buttons, which the server renders hidden, where the browser has a clipboard. */
function showCopyButtons(): void {
  if (navigator.clipboard === undefined) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>('.copy')) {
    button.hidden = false;
    button.addEventListener('click', () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const text = button.parentElement?.querySelector('code')?.textContent ?? '';
  try {
    await navigator.clipboard.writeText(text);
    showFeedback(button, 'Copied');
  } catch {
    // The reader denied the permission.
    showFeedback(button, 'Not allowed');
  }
}

function showFeedback(button: HTMLButtonElement, text: string): void {
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, feedbackMs);
}

/** Updates the read count and the comments of an open item page. The form also works without this script. */
function startDiscussion(client: NewswireClient, article: HTMLElement, formatDate: (ms: number) => string): void {
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

removeBrokenPictures();
showCopyButtons();
const { dateline: pattern, timezone } = document.body.dataset;
if (pattern !== undefined && timezone !== undefined) startRelativeTimes({ pattern, timezone }, tickMs);
startKeyboard();
const noticeElement = document.querySelector<HTMLElement>('.new-items-notice');
const notice = createNotice(noticeElement);
if (noticeElement !== null && notice !== null) startSearch(notice, noticeElement.dataset);
const aside = document.querySelector<HTMLElement>('.news-feed');
if (aside !== null) startNewsFeed(aside, notice);
