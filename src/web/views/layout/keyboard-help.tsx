const keys = [
  ['j', 'go to the next headline'],
  ['k', 'go to the previous headline'],
  ['o', 'open the headline'],
  ['/', 'go to the search box'],
  ['?', 'show this help'],
] as const;

/** Lists the keyboard shortcuts. Only the page script opens the dialog, so that it stays closed without scripts. */
export function KeyboardHelp() {
  return (
    <dialog class="keyboard-help" id="keyboard-help" aria-labelledby="keyboard-help-title">
      <h2 id="keyboard-help-title">Keyboard shortcuts</h2>
      <dl>
        {keys.map(([key, action]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{action}</dd>
          </div>
        ))}
      </dl>
      <p>
        <label>
          <input type="checkbox" id="keyboard-enabled" checked /> Use these keys
        </label>
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
