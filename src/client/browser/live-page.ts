import { makeDateline } from '../../domain/dateline.ts';
import { NewswireClient } from '../client.ts';
import type { ClientState, ItemEvent } from '../client-types.ts';
import { removeBrokenPictures } from './broken-pictures.ts';
import { showCopyButtons } from './copy-buttons.ts';
import { startDiscussion } from './discussion.ts';
import { startKeyboard } from './keyboard.ts';
import { makeRelativeDateline } from './local-dateline.ts';
import { NewItemsNotice } from './new-items-notice.ts';
import { NewsFeedList } from './news-feed-list.ts';
import { startRelativeTimes } from './relative-times.ts';
import { ScrollAnchor } from './scroll-anchor.ts';

const maxLines = 60;
const tickMs = 20_000;

const stateLabels: Readonly<Record<ClientState, string>> = {
  connecting: 'connecting',
  'catching-up': 'catching up',
  live: 'live',
  waiting: 'reconnecting',
  closed: 'not live',
};

/** Lets the News feed of this page grow, and the list beside it tell of what came in. */
function startNewsFeed(aside: HTMLElement, arrivals: NewItemsNotice | null): void {
  const list = aside.querySelector<HTMLElement>('.wire');
  const button = aside.querySelector<HTMLButtonElement>('.fresh');
  const { cursor, base = '', dateline = '', timezone = 'UTC' } = aside.dataset;
  const article = document.querySelector<HTMLElement>('article[data-item]');
  if (list === null || button === null || cursor === undefined) return;

  const writeTime = makeRelativeDateline({ pattern: dateline, timezone });
  const feed = new NewsFeedList(list, {
    maxLines,
    base,
    scrollAnchor: new ScrollAnchor(list, button),
    formatTime: (ms) => writeTime(ms, Date.now()),
  });
  feed.updateTimes();
  setInterval(() => feed.updateTimes(), tickMs);

  // Backfill is wanted too: on a server's first day it is all the news there is.
  const client = new NewswireClient(`${location.origin}${base}`, { filter: { backfill: true }, after: cursor });
  client.on('item', (change) => {
    apply(feed, change);
    arrivals?.apply(change);
  });
  client.on('reset', ({ items }) => {
    feed.replace(items);
    arrivals?.showWithoutCount();
  });
  client.on('state', showState);
  if (article !== null) startDiscussion(client, article, makeDateline(dateline, timezone));
}

function apply(feed: NewsFeedList, change: ItemEvent): void {
  if (change.op === 'remove') feed.remove(change.item.id);
  else feed.upsert(change.item);
}

/** Lets a page of results tell of new matches. */
function startSearch(arrivals: NewItemsNotice, { q, cursor, base = '' }: DOMStringMap): void {
  if (q === undefined || cursor === undefined) return;
  const client = new NewswireClient(`${location.origin}${base}`, { filter: { q, backfill: true }, after: cursor });
  client.on('item', (change) => arrivals.apply(change));
  client.on('reset', () => arrivals.showWithoutCount());
  client.on('state', showState);
}

function showState(state: ClientState): void {
  const sign = document.querySelector<HTMLElement>('.sign');
  if (sign === null) return;
  sign.hidden = false;
  sign.dataset['state'] = state;
  sign.textContent = stateLabels[state];
}

function arrivalsOf(element: HTMLElement | null): NewItemsNotice | null {
  const button = element?.querySelector('button') ?? null;
  return element === null || button === null ? null : new NewItemsNotice(element, button);
}

removeBrokenPictures();
showCopyButtons();
const { dateline: pattern, timezone } = document.body.dataset;
if (pattern !== undefined && timezone !== undefined) startRelativeTimes({ pattern, timezone }, tickMs);
startKeyboard();
const place = document.querySelector<HTMLElement>('.arrivals');
const arrivals = arrivalsOf(place);
if (place !== null && arrivals !== null) startSearch(arrivals, place.dataset);
const aside = document.querySelector<HTMLElement>('.news-feed');
if (aside !== null) startNewsFeed(aside, arrivals);
