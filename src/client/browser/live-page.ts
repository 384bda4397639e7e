import { NewswireClient } from '../client.ts';
import type { ClientState, ItemChange } from '../types.ts';
import { dropBrokenPictures } from './broken-pictures.ts';
import { makeDateWriter, makeTimeWriter } from './dateline.ts';
import { startDiscussion } from './discussion.ts';
import { PlaceKeeper } from './keep-place.ts';
import { NewsFeedList } from './news-feed-list.ts';

const maxLines = 60;
const tickMs = 20_000;

const signs: Readonly<Record<ClientState, string>> = {
  connecting: 'connecting',
  'catching-up': 'catching up',
  live: 'live',
  waiting: 'reconnecting',
  closed: 'not live',
};

/** Lets the News feed of this page grow. Without this script it stands as the server wrote it. */
function startNewsFeed(aside: HTMLElement): void {
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
  client.on('item', (change) => apply(feed, change));
  client.on('reset', ({ items }) => feed.replace(items));
  client.on('state', (state) => showState(aside, state));
  if (article !== null) startDiscussion(client, article, makeDateWriter({ pattern: dateline, timezone }));
}

function apply(feed: NewsFeedList, change: ItemChange): void {
  if (change.op === 'remove') feed.remove(change.item.id);
  else feed.put(change.item);
}

function showState(aside: HTMLElement, state: ClientState): void {
  const sign = aside.querySelector<HTMLElement>('.sign');
  if (sign === null) return;
  sign.hidden = false;
  sign.dataset['state'] = state;
  sign.textContent = signs[state];
}

dropBrokenPictures();
const aside = document.querySelector<HTMLElement>('.news-feed');
if (aside !== null) startNewsFeed(aside);
