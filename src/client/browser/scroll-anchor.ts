/**
 * Keeps the eye of a reader where it is while lines come in above.
 *
 * At the top of the list, with neither pointer nor focus in it, new lines simply push the others down: that is what a
 * feed is for. Otherwise the list is scrolled by as much as it grew, and a button tells how many lines wait above.
 */
export class ScrollAnchor {
  readonly #list: HTMLElement;
  readonly #button: HTMLButtonElement;
  #waiting = 0;
  /** How far the list was scrolled by us alone, since it last stood at the top. */
  #shifted = 0;

  constructor(list: HTMLElement, button: HTMLButtonElement) {
    this.#list = list;
    this.#button = button;
    button.addEventListener('click', () => this.#toTop());
    list.addEventListener('scroll', () => {
      if (list.scrollTop === 0) this.#settle();
    });
    list.addEventListener('pointerleave', () => {
      // The reader has only pointed, not scrolled: what waits may be shown.
      if (!list.contains(document.activeElement) && Math.abs(list.scrollTop - this.#shifted) < 2) this.#toTop();
    });
  }

  /** Runs a change of the list; `grows` says whether it puts a new line in. */
  preserve(work: () => void, grows: boolean): void {
    const list = this.#list;
    const anchor = this.#isReading() ? this.#firstInView() : null;
    const before = anchor?.offsetTop ?? 0;
    work();
    if (anchor?.isConnected !== true) return;
    const moved = anchor.offsetTop - before;
    if (moved === 0) return;
    list.scrollTop += moved;
    this.#shifted += moved;
    if (grows && list.scrollTop > 0) this.#announce();
  }

  #isReading(): boolean {
    const list = this.#list;
    if (list.scrollHeight <= list.clientHeight) return false;
    return list.scrollTop > 0 || list.matches(':hover') || list.contains(document.activeElement);
  }

  #firstInView(): HTMLElement | null {
    const top = this.#list.scrollTop + this.#list.offsetTop;
    for (const line of this.#list.children) {
      if (line instanceof HTMLElement && line.offsetTop + line.offsetHeight > top) return line;
    }
    return null;
  }

  #announce(): void {
    this.#waiting += 1;
    this.#button.textContent = this.#waiting === 1 ? '1 new item' : `${this.#waiting} new items`;
    this.#button.hidden = false;
  }

  #toTop(): void {
    this.#list.scrollTop = 0;
    this.#settle();
  }

  #settle(): void {
    this.#waiting = 0;
    this.#shifted = 0;
    this.#button.hidden = true;
  }
}
