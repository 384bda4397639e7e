import type { WireItem } from '../../domain/events/wire.ts';
import { slug } from '../../domain/slug.ts';
import type { ItemEvent } from '../client-types.ts';

/** Tells above a list how many items came in for it, and shows them when it is asked to: nothing moves before. */
export class NewItemsNotice {
  readonly #button: HTMLButtonElement;
  readonly #belongs: (item: WireItem) => boolean;
  readonly #seen = new Set<number>();

  /** @param element as the server wrote it, with what belongs on the page in its data. */
  constructor(element: HTMLElement, button: HTMLButtonElement) {
    const { section, source } = element.dataset;
    this.#button = button;
    this.#belongs = (item) =>
      (section === undefined || slug(item.section) === section) &&
      (source === undefined || [item.source, ...item.alsoIn].some(({ id }) => id === source));
    button.addEventListener('click', () => {
      scrollTo(0, 0);
      location.reload();
    });
  }

  /** Counts an item that was added, and one that was taken back. */
  apply(change: ItemEvent): void {
    if (change.op === 'remove') this.#seen.delete(change.item.id);
    else if (change.op === 'add' && this.#belongs(change.item)) this.#seen.add(change.item.id);
    this.#show(`Show what is new (${this.#seen.size})`);
  }

  /** What came in cannot be counted any more. */
  showWithoutCount(): void {
    this.#button.hidden = false;
    this.#button.textContent = 'Show what is new';
  }

  #show(text: string): void {
    this.#button.hidden = this.#seen.size === 0;
    this.#button.textContent = text;
  }
}
