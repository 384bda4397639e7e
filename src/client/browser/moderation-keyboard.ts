const actions: Readonly<Record<string, string>> = { a: 'approve', r: 'reject', s: 'spam', u: 'undo' };
const positionKey = 'newswire-moderation-position';

/** Moves through the comments of the moderation page and decides them by single keys. */
export class ModerationKeyboard {
  readonly #form: HTMLFormElement;
  readonly #entries: readonly HTMLElement[];
  #index: number;

  /** @param form the form of the moderation page. The position is restored after a decision has reloaded the page. */
  constructor(form: HTMLFormElement) {
    this.#form = form;
    this.#entries = [...form.querySelectorAll<HTMLElement>('.moderation-list > li')];
    const position = readPosition();
    this.#index = -1;
    if (position !== null) this.#goTo(Number(position));
  }

  /** Runs the action of a key. @returns false: the key has none. */
  press(key: string): boolean {
    if (key === 'j') this.#goTo(this.#index + 1);
    else if (key === 'k') this.#goTo(this.#index - 1);
    else if (key === 'x') this.#toggle();
    else if (Object.hasOwn(actions, key)) this.#decide(actions[key] ?? '');
    else return false;
    return true;
  }

  #goTo(target: number): void {
    this.#index = Math.min(Math.max(target, 0), this.#entries.length - 1);
    for (const [index, entry] of this.#entries.entries()) entry.classList.toggle('current', index === this.#index);
    this.#entries[this.#index]?.focus();
  }

  #toggle(): void {
    if (this.#index < 0) this.#goTo(0);
    const box = this.#entries[this.#index]?.querySelector<HTMLInputElement>('input[type="checkbox"]');
    if (box !== null && box !== undefined) box.checked = !box.checked;
  }

  /** Applies to the selected comments, else to the current one. Undo without a selection reverts the last decision. */
  #decide(action: string): void {
    const hasSelection = this.#form.querySelector('input[name="id"]:checked') !== null;
    const bulk = `button[name="action"][value="${action}"]`;
    const button = hasSelection
      ? this.#form.querySelector<HTMLButtonElement>(bulk)
      : this.#entries[this.#index]?.querySelector<HTMLButtonElement>(`button[data-action="${action}"]`);
    const last = action === 'undo' ? document.querySelector<HTMLButtonElement>('#undo-last') : null;
    const pressed = (hasSelection ? null : last) ?? button;
    if (pressed === null || pressed === undefined) return;
    writePosition(String(Math.max(this.#index, 0)));
    pressed.click();
  }
}

function readPosition(): string | null {
  try {
    return sessionStorage.getItem(positionKey);
  } catch {
    // Storage can be blocked by the browser: the keyboard starts at the top.
    return null;
  }
}

function writePosition(position: string): void {
  try {
    sessionStorage.setItem(positionKey, position);
  } catch {
    // Storage is blocked: the position is lost.
  }
}
