import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { hourMs } from '../../domain/durations.ts';
import type { Item } from '../../domain/items/item.ts';
import type { CacheableResponse } from '../http/cache/cache-entry.ts';
import { CompressibleBody } from '../http/response/content-coding.ts';
import { send } from '../http/response/send.ts';
import { pagePolicy } from '../http/security/security-headers.ts';
import { makeFormToken } from '../readers/comment-form-token.ts';
import { commentsPerPage, parseOutcomeMessage } from '../readers/comment-outcome.ts';
import { countsAsRead } from '../readers/counts-as-read.ts';
import { clientAddressOf } from '../shared/client-of.ts';
import { findItem } from '../shared/find-resource.ts';
import { badRequest } from '../shared/request-error.ts';
import { type CommentFormState, CommentsSection, type Discussion } from '../views/comments-view.tsx';
import { ArticleHead } from '../views/items/article-metadata.tsx';
import { excerpt } from '../views/items/excerpt.ts';
import { ItemContent } from '../views/items/item-page.tsx';
import { NewsFeed } from '../views/items/news-feed.tsx';
import { createPageContext, type PageServices, readNewsFeed, renderDocument } from './send-page.tsx';

const descriptionChars = 200;
/** A page that has not changed is sent anew after this long, since the form in it grows old. */
const formRefreshMs = 12 * hourMs;

/** `/items/:id` */
export async function itemPage(c: Context, parts: PageServices): Promise<Response> {
  const item = await findItem(parts, c.req.param('id') ?? '');
  const params = new URL(c.req.url).searchParams;
  const form = { ...newCommentForm(parts, item.id), told: parseOutcomeMessage(params.get('comment') ?? undefined) };
  const before = parseBefore(params.get('comments') ?? undefined);
  const document = await renderItemPage(parts, { item, form, before });
  const isPlain = form.told === null && before === null;
  const caching = isPlain ? cachingOf(parts, item.id, form.token) : null;
  const response = await sendItemPage(c, parts, { document, token: form.token, caching });
  const header = (name: string): string | undefined => c.req.header(name);
  if (response.status === 200)
    recordRead(parts, item.id, { method: c.req.method, header, address: () => clientAddressOf(c, parts) });
  return response;
}

interface VisitRequest {
  readonly method: string;
  header(name: string): string | undefined;
  address(): string;
}

function recordRead({ readers }: PageServices, itemId: number, { method, header, address }: VisitRequest): void {
  if (!countsAsRead(method, header)) return;
  readers?.recordVisit({ itemId, address: address(), agent: header('user-agent') ?? '' });
}

/** How the page is sent from the cache: each client gets its own form token, and each response counts as a read. */
function cachingOf(parts: PageServices, itemId: number, token: string): ItemCaching {
  return {
    ...(token !== '' && { personal: { placeholder: token, value: () => newCommentForm(parts, itemId).token } }),
    onSent: (incoming) => {
      const header = (name: string): string | undefined => incoming.headers[name]?.toString();
      recordRead(parts, itemId, { method: 'GET', header, address: () => parts.clientAddress(incoming) });
    },
  };
}

/**
 * A form that nobody has written into yet.
 *
 * @param ageMs how long it has been out already: more than nothing when it takes the place of an older one.
 */
export function newCommentForm({ readers, clock }: PageServices, itemId: number, ageMs = 0): CommentFormState {
  const nonce = randomUUID();
  const token =
    readers === null ? '' : makeFormToken({ secret: readers.signingSecret, itemId }, clock.now() - ageMs, nonce);
  return { name: '', text: '', token, error: null, message: null };
}

/** What a page of an item is made from. */
interface ItemPageRequest {
  readonly item: Item;
  readonly form: CommentFormState;
  /** Comments with a lower id only; null: the newest. */
  readonly before: number | null;
}

/** The whole document. */
export async function renderItemPage(parts: PageServices, matter: ItemPageRequest): Promise<string> {
  const { item } = matter;
  const [start, discussion, counts] = await Promise.all([
    readNewsFeed(parts),
    readDiscussion(parts, matter),
    parts.readers?.counts([item.id]) ?? null,
  ]);
  const frame = createPageContext(parts, { at: 'within-section', section: item.section });
  const page = `${parts.publicUrl()}/items/${item.id}`;
  const description = item.summary === '' ? null : excerpt(item.summary, descriptionChars);
  const more = (
    <>
      {/* Without it a browser would not say where the form comes from. */}
      <meta name="referrer" content="same-origin" />
      <ArticleHead item={item} frame={frame} page={page} description={description} />
    </>
  );
  const head = { title: item.title, description, canonical: page, feedPath: '', more };
  const reads = counts === null ? null : (counts[0]?.reads ?? 0);
  return renderDocument(
    frame,
    head,
    <>
      <main id="main" tabindex={-1}>
        <ItemContent item={item} frame={frame} counts={{ reads, commentable: discussion !== null }} />
        {discussion !== null && <CommentsSection itemId={item.id} discussion={discussion} frame={frame} />}
      </main>
      <NewsFeed start={start} frame={frame} />
    </>,
  );
}

/** Null: comments are off. */
async function readDiscussion(
  parts: PageServices,
  { item, form, before }: ItemPageRequest,
): Promise<Discussion | null> {
  const { comments, commentsNotice } = parts.site();
  if (comments === 'off' || parts.readers === null) return null;
  const page = await parts.readers.comments.listApproved({ itemId: item.id, before, limit: commentsPerPage });
  return { page, isOlderPage: before !== null, notice: commentsNotice, form };
}

type ItemCaching = Pick<CacheableResponse, 'personal' | 'onSent'>;

/** A page to send. With `caching` null it is not cached. */
interface RenderedItemPage {
  readonly document: string;
  readonly token: string;
  readonly caching: ItemCaching | null;
}

/** The tag leaves the form's token out, which no two pages share: a page is not news because it was asked for again. */
function sendItemPage(c: Context, parts: PageServices, page: RenderedItemPage): Promise<Response> {
  const { document, token, caching } = page;
  const age = Math.floor(parts.clock.now() / formRefreshMs);
  const tagged = token === '' ? null : document.replaceAll(token, String(age));
  c.header('Content-Security-Policy', pagePolicy(parts.pictureOrigins ?? []));
  const body = new CompressibleBody(document, tagged === null ? {} : { taggedText: tagged });
  return send(c, body, {
    contentType: 'text/html; charset=utf-8',
    // A form is for one reader: no shared cache gives it to others.
    cacheControl: token === '' ? 'no-cache' : 'private, no-cache',
    isWeak: tagged !== null,
    ...(caching !== null && {
      onResponse: (headers) => parts.responseCache.put(c, { body, headers, expiresWithMinute: true, ...caching }),
    }),
  });
}

function parseBefore(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw badRequest('bad_before', 'comments is the "Older comments" of an item page.');
  return Number(text);
}
