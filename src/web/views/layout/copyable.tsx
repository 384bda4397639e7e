/** A text with a button that copies it. The page script shows the button where the browser has a clipboard. */
export function Copyable({ text }: { text: string }) {
  return (
    <span class="copyable">
      <code>{text}</code>{' '}
      <button type="button" class="copy" hidden aria-label={`Copy ${text}`}>
        Copy
      </button>
    </span>
  );
}
