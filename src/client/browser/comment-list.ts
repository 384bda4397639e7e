import { cloneTemplate } from './clone-template.ts';

/** A comment in the JSON of the server. */
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
 * The comments on an open page. Each change of their revision reads the whole list again, so that no comment is missed
 * and none remains that was removed. All values are inserted as text, never as markup.
 */
export class CommentList {
  readonly #section: HTMLElement;
  readonly #formatDate: (ms: number) => string;
  #revision: number;
  /** Whether the newest comments are shown. A page of older comments is not updated. */
  readonly #live: boolean;
  #reading = false;
  #again = false;

  /** @param section as rendered by the server, with the templates of a comment and of a link. */
  constructor(section: HTMLElement, formatDate: (ms: number) => string) {
    this.#section = section;
    this.#formatDate = formatDate;
    this.#revision = Number(section.dataset['revision']);
    this.#live = section.dataset['live'] === 'true';
  }

  /** Reads the comments again if `revision` differs from the revision shown. */
  noteRevision(revision: number): void {
    if (revision !== this.#revision) this.refresh();
  }

  /** Reads the comments again. A call while a read runs starts one more read afterwards. */
  refresh(): void {
    if (this.#reading) this.#again = true;
    else void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    this.#again = false;
    try {
      const response = await fetch(this.#section.dataset['url'] ?? '', { headers: { accept: 'application/json' } });
      // 404 or 410: the item was withdrawn or comments were turned off. The page keeps what it shows.
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
    // Responses can arrive out of order.
    if (revision < this.#revision) return;
    this.#revision = revision;
    const totalElement = this.#section.querySelector('.comment-total');
    if (totalElement !== null) totalElement.textContent = String(total);
    if (!this.#live) return;
    this.#showOlder(next);
    const list = this.#section.querySelector('.comment-list');
    if (list !== null) this.#arrange(list, comments);
  }

  #arrange(list: Element, comments: readonly PublicComment[]): void {
    const known = new Map([...list.children].map((entry) => [entry.id, entry]));
    const entries = comments.map((comment) => known.get(`comment-${comment.id}`) ?? this.#createEntry(comment));
    for (const entry of known.values()) if (!entries.includes(entry)) entry.remove();
    // Elements in the right position are not moved: they may contain the focus or a selection.
    for (const [index, entry] of entries.entries()) {
      if (list.children[index] !== entry) list.insertBefore(entry, list.children[index] ?? null);
    }
  }

  #createEntry({ id, name, at, parts }: PublicComment): Element {
    const entry = cloneTemplate(this.#section, '.comment-entry');
    const author = entry.querySelector('.comment-name');
    const time = entry.querySelector('time');
    entry.id = `comment-${id}`;
    entry.dataset['id'] = String(id);
    if (author !== null) author.textContent = name;
    if (time !== null) {
      time.dateTime = at;
      time.textContent = this.#formatDate(Date.parse(at));
    }
    entry.querySelector('.comment-body')?.append(...parts.map((part) => this.#createPart(part)));
    return entry;
  }

  #createPart({ text, href }: PublicComment['parts'][number]): Node {
    if (href === null) return document.createTextNode(text);
    const link = cloneTemplate(this.#section, '.comment-link');
    link.setAttribute('href', href);
    link.textContent = text;
    return link;
  }

  #showOlder(next: number | null): void {
    const older = this.#section.querySelector<HTMLElement>('.comments-older');
    const link = older?.querySelector('a') ?? null;
    if (older === null || link === null) return;
    older.hidden = next === null;
    if (next !== null) link.search = `?comments=${next}`;
  }
}
