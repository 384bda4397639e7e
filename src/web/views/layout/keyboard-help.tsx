const keys = [
  ['j', 'the next headline'],
  ['k', 'the headline before'],
  ['o', 'opens the headline'],
  ['/', 'goes to the search box'],
  ['?', 'shows this'],
] as const;

/** The keys that the page's script listens to. It opens this, and nothing does where there is no script. */
export function KeyboardHelp() {
  return (
    <dialog class="keys" id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keyboard</h2>
      <dl>
        {keys.map(([key, what]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        <label>
          <input type="checkbox" id="keys-on" checked /> Listen to these keys
        </label>
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
