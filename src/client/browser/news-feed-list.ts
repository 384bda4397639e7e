import type { WireItem } from '../../domain/events/wire.ts';
import { datelineMs, insertionIndex, type SortPosition, sortPositionOf } from './news-feed-order.ts';
import type { ScrollAnchor } from './scroll-anchor.ts';

/** What the list is told by its page. */
export interface NewsFeedListOptions {
  /** Lines that are kept at most. */
  readonly maxLines: number;
  /** The path under which the site hangs, '' for none. */
  readonly base: string;
  readonly scrollAnchor: ScrollAnchor;
  formatTime(ms: number): string;
}

/** The lines of the News feed. Everything a publisher wrote goes in as text; no markup is ever parsed. */
export class NewsFeedList {
  readonly #list: HTMLElement;
  readonly #options: NewsFeedListOptions;
  readonly #lines = new Map<number, HTMLLIElement>();

  /** @param list as the server wrote it. */
  constructor(list: HTMLElement, options: NewsFeedListOptions) {
    this.#list = list;
    this.#options = options;
    for (const line of list.querySelectorAll('li')) this.#lines.set(Number(line.dataset['id']), line);
  }

  /** Puts an item in its place, or corrects it where it stands. */
  upsert(item: WireItem): void {
    const line = this.#lines.get(item.id);
    if (line !== undefined) {
      this.#options.scrollAnchor.preserve(() => this.#write(line, item), false);
      return;
    }
    const place = sortPositionOf(item);
    const index = insertionIndex(this.#places(), place);
    if (index >= this.#options.maxLines) return;
    this.#options.scrollAnchor.preserve(() => this.#insert(item, place, index), true);
  }

  /** Takes away what was withdrawn. */
  remove(id: number): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    this.#lines.delete(id);
    this.#options.scrollAnchor.preserve(() => line.remove(), false);
  }

  /** After a gap that cannot be filled: these are the newest items now, and what is not among them is gone. */
  replace(items: readonly WireItem[]): void {
    const kept = new Set(items.map(({ id }) => id));
    for (const id of [...this.#lines.keys()]) if (!kept.has(id)) this.remove(id);
    for (const item of items) this.upsert(item);
  }

  /** Writes all times anew: they grow older. */
  updateTimes(): void {
    for (const time of this.#list.querySelectorAll('time')) {
      const text = this.#options.formatTime(Date.parse(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  #places(): SortPosition[] {
    return [...this.#list.querySelectorAll('li')].map(({ dataset }) => ({
      id: Number(dataset['id']),
      sortMs: Number(dataset['sort']),
    }));
  }

  #insert(item: WireItem, place: SortPosition, index: number): void {
    const line = document.createElement('li');
    line.className = 'arrived';
    line.dataset['id'] = String(item.id);
    line.dataset['sort'] = String(place.sortMs);
    const source = document.createElement('span');
    source.className = 'source';
    source.append(document.createElement('bdi'));
    const link = document.createElement('a');
    link.dir = 'auto';
    line.append(document.createElement('time'), ' ', source, ' ', link);
    this.#write(line, item);
    this.#lines.set(item.id, line);
    this.#list.insertBefore(line, this.#list.children[index] ?? null);
    this.#cut();
  }

  #write(line: HTMLLIElement, item: WireItem): void {
    if (item.language === null) line.removeAttribute('lang');
    else line.lang = item.language;
    const time = line.querySelector('time');
    const link = line.querySelector('a');
    const source = line.querySelector('bdi');
    if (time !== null) {
      time.dateTime = new Date(datelineMs(item)).toISOString();
      time.textContent = this.#options.formatTime(datelineMs(item));
    }
    if (link !== null) {
      link.href = `${this.#options.base}/items/${item.id}`;
      link.textContent = item.title;
    }
    if (source !== null) source.textContent = item.source.title;
  }

  /** Drops the oldest lines beyond the most, but none that has the focus. */
  #cut(): void {
    for (let line = this.#list.lastElementChild; this.#lines.size > this.#options.maxLines; ) {
      const above = line?.previousElementSibling ?? null;
      if (!(line instanceof HTMLLIElement)) return;
      if (!line.contains(document.activeElement)) {
        line.remove();
        this.#lines.delete(Number(line.dataset['id']));
      }
      line = above;
    }
  }
}
