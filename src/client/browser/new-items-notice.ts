import type { WireItem } from '../../domain/events/wire.ts';
import { slug } from '../../domain/slug.ts';
import type { ItemEvent } from '../client-types.ts';

/** A button above a list that shows the number of new items. A click reloads the page: the list itself never moves. */
export class NewItemsNotice {
  readonly #button: HTMLButtonElement;
  readonly #belongs: (item: WireItem) => boolean;
  readonly #seen = new Set<number>();

  /** @param element as rendered by the server: its data attributes select the items of the page. */
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

  /** Counts an added item; no longer counts a removed one. */
  apply(change: ItemEvent): void {
    switch (change.op) {
      case 'add':
        if (this.#belongs(change.item)) this.#seen.add(change.item.id);
        break;
      case 'update':
        break;
      case 'remove':
        this.#seen.delete(change.item.id);
        break;
      default:
        change satisfies never;
    }
    this.#show(`Show new items (${this.#seen.size})`);
  }

  /** Shows the button without a number, after the client lost its position in the log. */
  showWithoutCount(): void {
    this.#button.hidden = false;
    this.#button.textContent = 'Show new items';
  }

  #show(text: string): void {
    this.#button.hidden = this.#seen.size === 0;
    this.#button.textContent = text;
  }
}
