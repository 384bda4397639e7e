/**
 * Keeps the visible entries of a list in place while entries are inserted above them.
 *
 * At the top of the list, with neither pointer nor focus in it, new entries push the others down. Otherwise the list is
 * scrolled by the height of the new entries, and a button shows how many there are above.
 */
export class ScrollAnchor {
  readonly #list: HTMLElement;
  readonly #button: HTMLButtonElement;
  #hiddenAbove = 0;
  /** Pixels that this class scrolled the list since it was last at the top. */
  #shifted = 0;

  constructor(list: HTMLElement, button: HTMLButtonElement) {
    this.#list = list;
    this.#button = button;
    button.addEventListener('click', () => this.#toTop());
    list.addEventListener('scroll', () => {
      if (list.scrollTop === 0) this.#reset();
    });
    list.addEventListener('pointerleave', () => {
      // The reader did not scroll: the new entries may be shown.
      if (!list.contains(document.activeElement) && Math.abs(list.scrollTop - this.#shifted) < 2) this.#toTop();
    });
  }

  /** Runs a change of the list. @param inserts whether it inserts an entry. */
  preserve(work: () => void, inserts: boolean): void {
    const list = this.#list;
    const anchor = this.#isReading() ? this.#firstInView() : null;
    const before = anchor?.offsetTop ?? 0;
    work();
    if (anchor?.isConnected !== true) return;
    const moved = anchor.offsetTop - before;
    if (moved === 0) return;
    list.scrollTop += moved;
    this.#shifted += moved;
    if (inserts && list.scrollTop > 0) this.#showButton();
  }

  #isReading(): boolean {
    const list = this.#list;
    if (list.scrollHeight <= list.clientHeight) return false;
    return list.scrollTop > 0 || list.matches(':hover') || list.contains(document.activeElement);
  }

  #firstInView(): HTMLElement | null {
    const top = this.#list.scrollTop + this.#list.offsetTop;
    for (const entry of this.#list.children) {
      if (entry instanceof HTMLElement && entry.offsetTop + entry.offsetHeight > top) return entry;
    }
    return null;
  }

  #showButton(): void {
    this.#hiddenAbove += 1;
    this.#button.textContent = this.#hiddenAbove === 1 ? '1 new item' : `${this.#hiddenAbove} new items`;
    this.#button.hidden = false;
  }

  #toTop(): void {
    this.#list.scrollTop = 0;
    this.#reset();
  }

  #reset(): void {
    this.#hiddenAbove = 0;
    this.#shifted = 0;
    this.#button.hidden = true;
  }
}
