/** A comment as the server tells it. */
interface PublicComment {
  readonly id: number;
  readonly name: string;
  readonly at: string;
  readonly parts: readonly { readonly text: string; readonly href: string | null }[];
}

interface CommentsResponse {
  readonly total: number;
  readonly revision: number;
  readonly next: number | null;
  readonly comments: readonly PublicComment[];
}

const retryMs = 5000;

/**
 * The comments on an open page. They are read anew when the server says that they changed: whatever happened to them
 * in between, none is missed and none is left that should be gone. Everything goes in as text.
 */
export class CommentList {
  readonly #section: HTMLElement;
  readonly #writeDate: (ms: number) => string;
  #revision: number;
  /** Whether the newest are shown: an older page stays as it is. */
  readonly #live: boolean;
  #reading = false;
  #again = false;

  /** @param section as the server wrote it. */
  constructor(section: HTMLElement, writeDate: (ms: number) => string) {
    this.#section = section;
    this.#writeDate = writeDate;
    this.#revision = Number(section.dataset['revision']);
    this.#live = section.dataset['live'] === 'true';
  }

  /** Reads the comments anew if others are shown now than here. */
  noteRevision(revision: number): void {
    if (revision !== this.#revision) this.refresh();
  }

  /** Reads the comments anew. While they are being read, once more afterwards. */
  refresh(): void {
    if (this.#reading) this.#again = true;
    else void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    this.#again = false;
    try {
      const response = await fetch(this.#section.dataset['source'] ?? '', { headers: { accept: 'application/json' } });
      // Withdrawn, or comments were closed: they are left until the page is.
      if (response.ok) this.#show((await response.json()) as CommentsResponse);
      else if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
    } catch (error) {
      console.warn('The comments could not be read; trying again.', error);
      setTimeout(() => this.refresh(), retryMs);
    }
    this.#reading = false;
    if (this.#again) void this.#read();
  }

  #show({ total, revision, next, comments }: CommentsResponse): void {
    // The answer to an earlier question may come late.
    if (revision < this.#revision) return;
    this.#revision = revision;
    const shown = this.#section.querySelector('.comment-total');
    if (shown !== null) shown.textContent = String(total);
    if (!this.#live) return;
    this.#showOlder(next);
    const list = this.#section.querySelector('.comment-list');
    if (list !== null) this.#arrange(list, comments);
  }

  #arrange(list: Element, comments: readonly PublicComment[]): void {
    const known = new Map([...list.children].map((line) => [line.id, line]));
    const lines = comments.map((comment) => known.get(`comment-${comment.id}`) ?? this.#line(comment));
    for (const line of known.values()) if (!lines.includes(line)) line.remove();
    // What stands where it belongs is not touched: it may hold the focus or a selection.
    for (const [index, line] of lines.entries()) {
      if (list.children[index] !== line) list.insertBefore(line, list.children[index] ?? null);
    }
  }

  #line({ id, name, at, parts }: PublicComment): Element {
    const line = document.createElement('li');
    line.id = `comment-${id}`;
    line.className = 'arrived';
    const meta = document.createElement('p');
    meta.className = 'meta';
    const author = document.createElement('bdi');
    author.className = 'comment-name';
    author.textContent = name;
    const time = document.createElement('time');
    time.dateTime = at;
    time.textContent = this.#writeDate(Date.parse(at));
    meta.append(author, ' ', time);
    const body = document.createElement('bdi');
    body.className = 'comment-body';
    body.append(...parts.map(partNode));
    line.append(meta, body);
    return line;
  }

  #showOlder(next: number | null): void {
    const older = this.#section.querySelector<HTMLElement>('.comments-older');
    const link = older?.querySelector('a') ?? null;
    if (older === null || link === null) return;
    older.hidden = next === null;
    if (next !== null) link.search = `?comments=${next}`;
  }
}

function partNode({ text, href }: PublicComment['parts'][number]): Node {
  if (href === null) return document.createTextNode(text);
  const link = document.createElement('a');
  link.href = href;
  link.rel = 'noopener noreferrer nofollow ugc';
  link.referrerPolicy = 'no-referrer';
  link.textContent = text;
  return link;
}
