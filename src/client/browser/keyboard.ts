const setting = 'newswire.keys';

/** Lets a reader go from headline to headline with j and k, open one with o, search with / and ask for this with ?. */
export function startKeyboard(): void {
  const dialog = document.querySelector<HTMLDialogElement>('#keys');
  const wanted = document.querySelector<HTMLInputElement>('#keys-on');
  const opener = document.querySelector<HTMLElement>('.to-keys');
  if (dialog === null || wanted === null) return;
  wanted.checked = readSetting() !== 'off';
  wanted.addEventListener('change', () => writeSetting(wanted.checked ? 'on' : 'off'));
  if (opener !== null) {
    opener.hidden = false;
    opener.addEventListener('click', () => dialog.showModal());
  }
  document.addEventListener('keydown', (event) => {
    // Single keys may be switched off (WCAG 2.1.4): who speaks to the machine types them without wanting to.
    if (!wanted.checked || isTyping(event) || dialog.open) return;
    const act = actions[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act(dialog);
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

/** Goes to the next headline or the one before; from nowhere to the first that is in view. */
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
    return localStorage.getItem(setting);
  } catch {
    // Storage may be forbidden: the keys are on then, as they are for whoever comes first.
    return null;
  }
}

function writeSetting(value: string): void {
  try {
    localStorage.setItem(setting, value);
  } catch {
    // Forbidden: the choice holds for this page.
  }
}
