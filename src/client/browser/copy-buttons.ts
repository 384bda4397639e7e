const feedbackMs = 2000;

/** Shows the copy buttons, which the server renders hidden, where the browser has a clipboard. */
export function showCopyButtons(): void {
  if (navigator.clipboard === undefined) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>('.copy')) {
    button.hidden = false;
    button.addEventListener('click', () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const text = button.parentElement?.querySelector('code')?.textContent ?? '';
  try {
    await navigator.clipboard.writeText(text);
    showFeedback(button, 'Copied');
  } catch {
    // The reader denied the permission.
    showFeedback(button, 'Not allowed');
  }
}

function showFeedback(button: HTMLButtonElement, text: string): void {
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, feedbackMs);
}
