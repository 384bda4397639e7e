import { Selection } from './moderation-keys.ts';

const form = document.querySelector<HTMLFormElement>('#moderation');
if (form !== null) {
  const selection = new Selection(form);
  document.addEventListener('keydown', (event) => {
    const target = event.target;
    // Whoever writes, or holds a key for the browser's own commands, means no command of ours.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return;
    if (target instanceof HTMLInputElement && target.type !== 'checkbox') return;
    if (selection.press(event.key)) event.preventDefault();
  });
}
