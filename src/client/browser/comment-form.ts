interface SubmitResponse {
  readonly outcome?: 'published' | 'held' | 'refused';
  readonly message?: string;
  readonly error?: { readonly message: string };
  readonly field?: 'name' | 'text' | null;
  readonly token?: string;
}

/**
 * Counts while a comment is written, and sends it without leaving the page. The server judges it all the same.
 *
 * @param onPublished called when a comment of this form is shown at once.
 */
export function startCommentForm(form: HTMLFormElement, onPublished: () => void): void {
  const text = form.querySelector('textarea');
  const left = form.querySelector<HTMLElement>('.comment-left');
  if (text === null || left === null) return;
  const count = (): void => showRemaining(text, left);
  text.addEventListener('input', count);
  count();
  let sending = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    form.setAttribute('aria-busy', 'true');
    void send(form).then((answer) => {
      show(form, answer);
      if (answer.outcome === 'published' || answer.outcome === 'held') text.value = '';
      if (answer.outcome === 'published') onPublished();
      count();
      sending = false;
      form.removeAttribute('aria-busy');
    });
  });
}

/** Counted as the server counts: code points, without what stands around the text. */
function showRemaining(text: HTMLTextAreaElement, left: HTMLElement): void {
  const limit = Number(text.dataset['limit']);
  const over = [...text.value.trim()].length - limit;
  left.dataset['over'] = String(over > 0);
  if (over > 0) left.textContent = over === 1 ? '1 character too many' : `${over} characters too many`;
  else left.textContent = -over === 1 ? '1 character left' : `${-over} characters left`;
  text.setCustomValidity(over > 0 ? left.textContent : '');
}

async function send(form: HTMLFormElement): Promise<SubmitResponse> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') fields.append(name, value);
  try {
    // The field would be found before the address if one were called `action`.
    const response = await fetch(form.getAttribute('action') ?? '', {
      method: 'POST',
      body: fields,
      headers: { accept: 'application/json' },
    });
    return (await response.json()) as SubmitResponse;
  } catch (error) {
    console.warn('The comment could not be sent.', error);
    return { error: { message: 'Your comment could not be sent. Please try again.' } };
  }
}

function show(form: HTMLFormElement, answer: SubmitResponse): void {
  setText(form, '.comment-told', answer.message ?? '');
  setText(form, '.comment-refused', answer.error?.message ?? '');
  for (const name of ['name', 'text']) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLElement)) continue;
    if (answer.field === name) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
    if (answer.field === name) field.focus();
  }
  const token = form.elements.namedItem('token');
  if (answer.token !== undefined && token instanceof HTMLInputElement) token.value = answer.token;
}

function setText(form: HTMLFormElement, place: string, message: string): void {
  const line = form.querySelector(place);
  if (line !== null) line.textContent = message;
}
