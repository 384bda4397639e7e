import type { WireItem } from '../../domain/events/wire.ts';
import { cloneTemplate } from './clone-template.ts';
import { datelineMs, insertionIndex, type SortPosition, sortPositionOf } from './news-feed-order.ts';
import type { ScrollAnchor } from './scroll-anchor.ts';

/** Settings and formatters of the list. */
interface NewsFeedListOptions {
  /** When the list is longer, its oldest entries are removed. */
  readonly maxEntries: number;
  /** Path prefix of the site, '' for none. */
  readonly basePath: string;
  readonly scrollAnchor: ScrollAnchor;
  formatTime(ms: number): string;
}

/** The entries of the News feed. All values are inserted as text, never as markup. */
export class NewsFeedList {
  readonly #list: HTMLElement;
  readonly #options: NewsFeedListOptions;
  readonly #entries = new Map<number, HTMLElement>();

  /** @param list as rendered by the server, next to the template of an entry. */
  constructor(list: HTMLElement, options: NewsFeedListOptions) {
    this.#list = list;
    this.#options = options;
    for (const entry of list.querySelectorAll('li')) this.#entries.set(Number(entry.dataset['id']), entry);
  }

  /** Inserts an item at its position, or updates its entry in place. */
  upsert(item: WireItem): void {
    const entry = this.#entries.get(item.id);
    if (entry !== undefined) {
      this.#options.scrollAnchor.preserve(() => this.#write(entry, item), false);
      return;
    }
    const position = sortPositionOf(item);
    const index = insertionIndex(this.#positions(), position);
    if (index >= this.#options.maxEntries) return;
    this.#options.scrollAnchor.preserve(() => this.#insert(item, position, index), true);
  }

  /** Removes the entry of a withdrawn item. */
  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#options.scrollAnchor.preserve(() => entry.remove(), false);
  }

  /** Replaces all entries, after the client lost its position in the log. @param items the newest items. */
  replace(items: readonly WireItem[]): void {
    const newIds = new Set(items.map(({ id }) => id));
    for (const id of [...this.#entries.keys()]) if (!newIds.has(id)) this.remove(id);
    for (const item of items) this.upsert(item);
  }

  /** Updates the ages of all entries. */
  updateTimes(): void {
    for (const time of this.#list.querySelectorAll('time')) {
      const text = this.#options.formatTime(Date.parse(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  #positions(): SortPosition[] {
    return [...this.#list.querySelectorAll('li')].map(({ dataset }) => ({
      id: Number(dataset['id']),
      sortMs: Number(dataset['sortMs']),
    }));
  }

  #insert(item: WireItem, position: SortPosition, index: number): void {
    const entry = cloneTemplate(this.#list.parentElement ?? document, '.news-feed-entry');
    entry.dataset['id'] = String(item.id);
    entry.dataset['sortMs'] = String(position.sortMs);
    this.#write(entry, item);
    this.#entries.set(item.id, entry);
    this.#list.insertBefore(entry, this.#list.children[index] ?? null);
    this.#removeExcess();
  }

  #write(entry: HTMLElement, item: WireItem): void {
    if (item.language === null) entry.removeAttribute('lang');
    else entry.lang = item.language;
    const time = entry.querySelector('time');
    const link = entry.querySelector('a');
    const source = entry.querySelector('bdi');
    if (time !== null) {
      time.dateTime = new Date(datelineMs(item)).toISOString();
      time.textContent = this.#options.formatTime(datelineMs(item));
    }
    if (link !== null) {
      link.href = `${this.#options.basePath}/items/${item.id}`;
      link.textContent = item.title;
    }
    if (source !== null) source.textContent = item.source.title;
  }

  /** Removes the oldest entries beyond the maximum, except one that contains the focus. */
  #removeExcess(): void {
    for (let entry = this.#list.lastElementChild; this.#entries.size > this.#options.maxEntries; ) {
      const previous = entry?.previousElementSibling ?? null;
      if (!(entry instanceof HTMLElement)) return;
      if (!entry.contains(document.activeElement)) {
        entry.remove();
        this.#entries.delete(Number(entry.dataset['id']));
      }
      entry = previous;
    }
  }
}
