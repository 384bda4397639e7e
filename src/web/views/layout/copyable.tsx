/** Something to take along: the script gives it a button that copies it. */
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
