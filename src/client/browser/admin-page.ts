import { ModerationKeyboard } from './moderation-keyboard.ts';

const form = document.querySelector<HTMLFormElement>('#moderation');
const wanted = document.querySelector<HTMLInputElement>('#keys-on');
const dialog = document.querySelector<HTMLDialogElement>('#keys');
if (form !== null) {
  const selection = new ModerationKeyboard(form);
  document.addEventListener('keydown', (event) => {
    // Single keys are the reader's to switch off, here as on all pages.
    if (wanted?.checked === false || dialog?.open === true || isTyping(event)) return;
    if (selection.press(event.key)) event.preventDefault();
  });
}

/** Whoever writes, or holds a key down or with one for the browser's own commands, means no command of ours. */
function isTyping({ target, ctrlKey, metaKey, altKey, isComposing, repeat }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || isComposing) return true;
  // A key that is held down decides about one comment, not about all that come after it.
  if (repeat) return true;
  return target instanceof Element && target.closest('input:not([type="checkbox"]), textarea, select') !== null;
}
