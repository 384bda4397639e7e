interface SubmitResponse {
  readonly outcome?: 'published' | 'pending' | 'refused';
  readonly message?: string;
  readonly error?: { readonly message: string };
  readonly field?: 'name' | 'text' | null;
  readonly token?: string;
}

/**
 * Shows the remaining characters, and sends the form without leaving the page. The server validates the comment in any
 * case.
 *
 * @param onPublished called when the comment was published at once.
 */
export function startCommentForm(form: HTMLFormElement, onPublished: () => void): void {
  const text = form.querySelector('textarea');
  const remaining = form.querySelector<HTMLElement>('.comment-remaining');
  if (text === null || remaining === null) return;
  const count = (): void => showRemaining(text, remaining);
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
      if (answer.outcome === 'published' || answer.outcome === 'pending') text.value = '';
      if (answer.outcome === 'published') onPublished();
      count();
      sending = false;
      form.removeAttribute('aria-busy');
    });
  });
}

/** Counts like the server: code points of the trimmed text. */
function showRemaining(text: HTMLTextAreaElement, remaining: HTMLElement): void {
  const limit = Number(text.dataset['limit']);
  const over = [...text.value.trim()].length - limit;
  remaining.dataset['over'] = String(over > 0);
  if (over > 0) remaining.textContent = over === 1 ? '1 character too many' : `${over} characters too many`;
  else remaining.textContent = -over === 1 ? '1 character left' : `${-over} characters left`;
  text.setCustomValidity(over > 0 ? remaining.textContent : '');
}

async function send(form: HTMLFormElement): Promise<SubmitResponse> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') fields.append(name, value);
  try {
    // Not `form.action`: a field named "action" would shadow it.
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
  setText(form, '.comment-status', answer.message ?? '');
  setText(form, '.comment-error', answer.error?.message ?? '');
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

function setText(form: HTMLFormElement, selector: string, message: string): void {
  const line = form.querySelector(selector);
  if (line !== null) line.textContent = message;
}
