import { NewswireClient } from '../client.ts';
import type { ClientState, ItemChange } from '../types.ts';
import { Arrivals } from './arrivals.ts';
import { dropBrokenPictures } from './broken-pictures.ts';
import { showCopyButtons } from './copy-buttons.ts';
import { startDiscussion } from './discussion.ts';
import { listenToKeys } from './keyboard.ts';
import { makeDateWriter, makeTimeWriter } from './local-dateline.ts';
import { NewsFeedList } from './news-feed-list.ts';
import { keepTimesYoung } from './relative-times.ts';
import { PlaceKeeper } from './scroll-anchor.ts';

const maxLines = 60;
const tickMs = 20_000;

const signs: Readonly<Record<ClientState, string>> = {
  connecting: 'connecting',
  'catching-up': 'catching up',
  live: 'live',
  waiting: 'reconnecting',
  closed: 'not live',
};

/** Lets the News feed of this page grow, and the list beside it tell of what came in. */
function startNewsFeed(aside: HTMLElement, arrivals: Arrivals | null): void {
  const list = aside.querySelector<HTMLElement>('.wire');
  const button = aside.querySelector<HTMLButtonElement>('.fresh');
  const { cursor, base = '', dateline = '', timezone = 'UTC' } = aside.dataset;
  const article = document.querySelector<HTMLElement>('article[data-item]');
  if (list === null || button === null || cursor === undefined) return;

  const writeTime = makeTimeWriter({ pattern: dateline, timezone });
  const feed = new NewsFeedList(list, {
    maxLines,
    base,
    keeper: new PlaceKeeper(list, button),
    writeTime: (ms) => writeTime(ms, Date.now()),
  });
  feed.tick();
  setInterval(() => feed.tick(), tickMs);

  // Backfill is wanted too: on a server's first day it is all the news there is.
  const client = new NewswireClient(`${location.origin}${base}`, { filter: { backfill: true }, after: cursor });
  client.on('item', (change) => {
    apply(feed, change);
    arrivals?.take(change);
  });
  client.on('reset', ({ items }) => {
    feed.replace(items);
    arrivals?.uncounted();
  });
  client.on('state', showState);
  if (article !== null) startDiscussion(client, article, makeDateWriter({ pattern: dateline, timezone }));
}

function apply(feed: NewsFeedList, change: ItemChange): void {
  if (change.op === 'remove') feed.remove(change.item.id);
  else feed.put(change.item);
}

/** Lets a page of results tell of new matches. */
function startSearch(arrivals: Arrivals, { q, cursor, base = '' }: DOMStringMap): void {
  if (q === undefined || cursor === undefined) return;
  const client = new NewswireClient(`${location.origin}${base}`, { filter: { q, backfill: true }, after: cursor });
  client.on('item', (change) => arrivals.take(change));
  client.on('reset', () => arrivals.uncounted());
  client.on('state', showState);
}

function showState(state: ClientState): void {
  const sign = document.querySelector<HTMLElement>('.sign');
  if (sign === null) return;
  sign.hidden = false;
  sign.dataset['state'] = state;
  sign.textContent = signs[state];
}

function arrivalsOf(element: HTMLElement | null): Arrivals | null {
  const button = element?.querySelector('button') ?? null;
  return element === null || button === null ? null : new Arrivals(element, button);
}

dropBrokenPictures();
showCopyButtons();
const { dateline: pattern, timezone } = document.body.dataset;
if (pattern !== undefined && timezone !== undefined) keepTimesYoung({ pattern, timezone }, tickMs);
listenToKeys();
const place = document.querySelector<HTMLElement>('.arrivals');
const arrivals = arrivalsOf(place);
if (place !== null && arrivals !== null) startSearch(arrivals, place.dataset);
const aside = document.querySelector<HTMLElement>('.news-feed');
if (aside !== null) startNewsFeed(aside, arrivals);
