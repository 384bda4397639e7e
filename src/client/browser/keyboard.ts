const settingName = 'newswire.keys';

/** Starts the keyboard shortcuts: j and k move between headlines, o opens one, / searches, ? shows the help. */
export function startKeyboard(): void {
  const dialog = document.querySelector<HTMLDialogElement>('#keyboard-help');
  const enabled = document.querySelector<HTMLInputElement>('#keyboard-enabled');
  const opener = document.querySelector<HTMLElement>('.keyboard-button');
  if (dialog === null || enabled === null) return;
  enabled.checked = readSetting() !== 'off';
  enabled.addEventListener('change', () => writeSetting(enabled.checked ? 'on' : 'off'));
  if (opener !== null) {
    opener.hidden = false;
    opener.addEventListener('click', () => dialog.showModal());
  }
  document.addEventListener('keydown', (event) => {
    // Single-key shortcuts can be turned off (WCAG 2.1.4): speech input triggers them by accident.
    if (!enabled.checked || isTyping(event) || dialog.open) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action(dialog);
  });
}

const actions: Readonly<Record<string, (dialog: HTMLDialogElement) => void>> = {
  j: () => step(1),
  k: () => step(-1),
  o: () => openHeadline(),
  '/': () => document.querySelector<HTMLInputElement>('#search-box')?.select(),
  '?': (dialog) => dialog.showModal(),
};

function isTyping({ target, ctrlKey, metaKey, altKey, isComposing }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || isComposing) return true;
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}

function headlines(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>('main .headline a')];
}

/** Moves the focus to the next or previous headline; without a focused headline, to the first one in view. */
function step(by: 1 | -1): void {
  const all = headlines();
  const at = all.findIndex((link) => link.matches(':focus'));
  const inView = all.findIndex((link) => link.getBoundingClientRect().top >= 0);
  const next = at === -1 ? Math.max(0, inView) : at + by;
  const link = all[Math.min(Math.max(0, next), all.length - 1)];
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: 'center' });
}

function openHeadline(): void {
  const original = document.querySelector<HTMLAnchorElement>('main .original a');
  const active = headlines().find((link) => link.matches(':focus'));
  (active ?? original)?.click();
}

function readSetting(): string | null {
  try {
    return localStorage.getItem(settingName);
  } catch {
    // Storage can be blocked by the browser: the default applies.
    return null;
  }
}

function writeSetting(value: string): void {
  try {
    localStorage.setItem(settingName, value);
  } catch {
    // Storage is blocked: the setting lasts until the page is closed.
  }
}
