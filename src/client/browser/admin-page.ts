import { ModerationKeyboard } from './moderation-keyboard.ts';

const form = document.querySelector<HTMLFormElement>('#moderation');
const enabled = document.querySelector<HTMLInputElement>('#keyboard-enabled');
const dialog = document.querySelector<HTMLDialogElement>('#keyboard-help');
if (form !== null) {
  const keyboard = new ModerationKeyboard(form);
  document.addEventListener('keydown', (event) => {
    // The reader can turn single-key shortcuts off (WCAG 2.1.4).
    if (enabled?.checked === false || dialog?.open === true || isTyping(event)) return;
    if (keyboard.press(event.key)) event.preventDefault();
  });
}

/** Whether a key press is text input or a browser shortcut, or repeats because the key is held down. */
function isTyping({ target, ctrlKey, metaKey, altKey, isComposing, repeat }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || isComposing) return true;
  // A key that is held down must decide one comment, not all comments that follow.
  if (repeat) return true;
  return target instanceof Element && target.closest('input:not([type="checkbox"]), textarea, select') !== null;
}
