const actions: Readonly<Record<string, string>> = { a: 'approve', r: 'reject', s: 'spam', u: 'undo' };
const positionKey = 'newswire-moderation-place';

/** The list of comments as a keyboard goes through it. */
export class ModerationKeyboard {
  readonly #form: HTMLFormElement;
  readonly #lines: readonly HTMLElement[];
  #index: number;

  /** @param form of the moderators' page. The place of the page before is taken up: decided comments have left it. */
  constructor(form: HTMLFormElement) {
    this.#form = form;
    this.#lines = [...form.querySelectorAll<HTMLElement>('.moderation-list > li')];
    const kept = readPosition();
    this.#index = -1;
    if (kept !== null) this.#goTo(Number(kept));
  }

  /** Does what a key stands for. False: it stands for nothing. */
  press(key: string): boolean {
    if (key === 'j') this.#goTo(this.#index + 1);
    else if (key === 'k') this.#goTo(this.#index - 1);
    else if (key === 'x') this.#pick();
    else if (Object.hasOwn(actions, key)) this.#decide(actions[key] ?? '');
    else return false;
    return true;
  }

  #goTo(wanted: number): void {
    this.#index = Math.min(Math.max(wanted, 0), this.#lines.length - 1);
    for (const [index, line] of this.#lines.entries()) line.classList.toggle('current', index === this.#index);
    this.#lines[this.#index]?.focus();
  }

  #pick(): void {
    if (this.#index < 0) this.#goTo(0);
    const box = this.#lines[this.#index]?.querySelector<HTMLInputElement>('input[type="checkbox"]');
    if (box !== null && box !== undefined) box.checked = !box.checked;
  }

  /** About those that are selected, else the one that the keyboard is at. Undo is meant for what was decided last. */
  #decide(action: string): void {
    const some = this.#form.querySelector('input[name="id"]:checked') !== null;
    const bulk = `button[name="action"][value="${action}"]`;
    const button = some
      ? this.#form.querySelector<HTMLButtonElement>(bulk)
      : this.#lines[this.#index]?.querySelector<HTMLButtonElement>(`button[data-action="${action}"]`);
    const last = action === 'undo' ? document.querySelector<HTMLButtonElement>('#undo-last') : null;
    const pressed = (some ? null : last) ?? button;
    if (pressed === null || pressed === undefined) return;
    writePosition(String(Math.max(this.#index, 0)));
    pressed.click();
  }
}

function readPosition(): string | null {
  try {
    return sessionStorage.getItem(positionKey);
  } catch {
    // Storage may be forbidden: the keyboard begins at the top then.
    return null;
  }
}

function writePosition(place: string): void {
  try {
    sessionStorage.setItem(positionKey, place);
  } catch {
    // Forbidden: as above.
  }
}
