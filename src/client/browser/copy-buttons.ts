const feedbackMs = 2000;

/** Shows the buttons that copy what stands beside them: without this script there are none. */
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
    // The browser asked, and the reader refused.
    showFeedback(button, 'Not allowed');
  }
}

function showFeedback(button: HTMLButtonElement, text: string): void {
  const before = 'Copy';
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
  }, feedbackMs);
}
