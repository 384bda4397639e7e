const saidMs = 2000;

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
    say(button, 'Copied');
  } catch {
    // The browser asked, and the reader refused.
    say(button, 'Not allowed');
  }
}

function say(button: HTMLButtonElement, text: string): void {
  const before = 'Copy';
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
  }, saidMs);
}
