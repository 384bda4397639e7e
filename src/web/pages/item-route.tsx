import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { hourMs } from '../../domain/durations.ts';
import type { Item } from '../../domain/items/item.ts';
import type { CacheableResponse } from '../http/cache/response-cache.ts';
import { CompressibleBody, send } from '../http/response/send.ts';
import { pagePolicy } from '../http/security/security-headers.ts';
import { makeFormToken } from '../readers/comment-form-token.ts';
import { commentsPerPage, parseOutcomeMessage } from '../readers/comment-outcome.ts';
import { clientAddressOf } from '../shared/client-address.ts';
import { findItem } from '../shared/find-resource.ts';
import { badRequest } from '../shared/request-error.ts';
import { type CommentFormState, CommentsSection, type Discussion } from '../views/comments-view.tsx';
import { ArticleHead } from '../views/items/article-metadata.tsx';
import { excerpt } from '../views/items/excerpt.ts';
import { ItemContent } from '../views/items/item-page.tsx';
import { NewsFeed } from '../views/items/news-feed.tsx';
import { createPageContext, type PageServices, readNewsFeed, renderDocument } from './send-page.tsx';

const descriptionChars = 200;
/** An unchanged page is sent again after this time, because the token of its form expires after a day. */
const formRefreshMs = 12 * hourMs;

/** `/items/:id` */
export async function itemPage(c: Context, services: PageServices): Promise<Response> {
  const item = await findItem(services, c.req.param('id') ?? '');
  const params = new URL(c.req.url).searchParams;
  const form = {
    ...newCommentForm(services, item.id),
    message: parseOutcomeMessage(params.get('comment') ?? undefined),
  };
  const before = parseBefore(params.get('comments') ?? undefined);
  const document = await renderItemPage(services, { item, form, before });
  const isPlain = form.message === null && before === null;
  const caching = isPlain ? cachingOf(services, item.id, form.token) : null;
  const response = await sendItemPage(c, services, { document, token: form.token, caching });
  const header = (name: string): string | undefined => c.req.header(name);
  if (response.status === 200)
    recordRead(services, item.id, { method: c.req.method, header, address: () => clientAddressOf(c, services) });
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

/** How the cache sends the page: each client gets a new form token, and each response counts as a read. */
function cachingOf(services: PageServices, itemId: number, token: string): ItemCaching {
  return {
    ...(token !== '' && { personal: { placeholder: token, value: () => newCommentForm(services, itemId).token } }),
    onSent: (incoming) => {
      const header = (name: string): string | undefined => incoming.headers[name]?.toString();
      recordRead(services, itemId, { method: 'GET', header, address: () => services.clientAddress(incoming) });
    },
  };
}

/**
 * An empty comment form with a new token.
 *
 * @param ageMs the age of the token: a form that replaces an older one need not wait for the minimum age again.
 */
export function newCommentForm({ readers, clock }: PageServices, itemId: number, ageMs = 0): CommentFormState {
  const nonce = randomUUID();
  const token =
    readers === null ? '' : makeFormToken({ secret: readers.signingSecret, itemId }, clock.now() - ageMs, nonce);
  return { name: '', text: '', token, error: null, message: null };
}

/** What an item page shows. */
interface ItemPageRequest {
  readonly item: Item;
  readonly form: CommentFormState;
  /** Only comments with a lower id; null: the newest comments. */
  readonly before: number | null;
}

/** Renders the HTML document of an item page. */
export async function renderItemPage(services: PageServices, content: ItemPageRequest): Promise<string> {
  const { item } = content;
  const [newsFeed, discussion, counts] = await Promise.all([
    readNewsFeed(services),
    readDiscussion(services, content),
    services.readers?.counts([item.id]) ?? null,
  ]);
  const context = createPageContext(services, { at: 'within-section', section: item.section });
  const page = `${services.publicUrl}/items/${item.id}`;
  const description = item.summary === '' ? null : excerpt(item.summary, descriptionChars);
  const extra = (
    <>
      {/* Browsers must send the origin with the form: a request without it is rejected. */}
      <meta name="referrer" content="same-origin" />
      <ArticleHead item={item} context={context} page={page} description={description} />
    </>
  );
  const head = { title: item.title, description, canonical: page, feedPath: '', extra };
  const reads = counts === null ? null : (counts[0]?.reads ?? 0);
  return renderDocument(
    context,
    head,
    <>
      <main id="main" tabindex={-1}>
        <ItemContent item={item} context={context} counts={{ reads, commentable: discussion !== null }} />
        {discussion !== null && <CommentsSection itemId={item.id} discussion={discussion} context={context} />}
      </main>
      <NewsFeed data={newsFeed} context={context} />
    </>,
  );
}

/** @returns null: comments are off. */
async function readDiscussion(
  services: PageServices,
  { item, form, before }: ItemPageRequest,
): Promise<Discussion | null> {
  const { comments, commentsNotice } = services.site();
  if (comments === 'off' || services.readers === null) return null;
  const page = await services.readers.comments.listApproved({ itemId: item.id, before, limit: commentsPerPage });
  return { page, isOlderPage: before !== null, notice: commentsNotice, form };
}

type ItemCaching = Pick<CacheableResponse, 'personal' | 'onSent'>;

/** A page to send. With `caching` null it is not cached. */
interface RenderedItemPage {
  readonly document: string;
  readonly token: string;
  readonly caching: ItemCaching | null;
}

/** The ETag ignores the form token, which differs in each response: otherwise no request could be answered with 304. */
function sendItemPage(c: Context, services: PageServices, page: RenderedItemPage): Promise<Response> {
  const { document, token, caching } = page;
  const age = Math.floor(services.clock.now() / formRefreshMs);
  const tagged = token === '' ? null : document.replaceAll(token, String(age));
  c.header('Content-Security-Policy', pagePolicy(services.pictureOrigins ?? []));
  const body = new CompressibleBody(document, tagged === null ? {} : { taggedText: tagged });
  return send(c, body, {
    contentType: 'text/html; charset=utf-8',
    // A form token is for one reader: shared caches must not store the page.
    cacheControl: token === '' ? 'no-cache' : 'private, no-cache',
    isWeak: tagged !== null,
    ...(caching !== null && {
      onResponse: (headers) => services.responseCache.put(c, { body, headers, expiresWithMinute: true, ...caching }),
    }),
  });
}

function parseBefore(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw badRequest(
      'bad_before',
      'The parameter "comments" is not a comment id. Use the "Older comments" link of the item page.',
    );
  return Number(text);
}

/** User agents of programs that fetch pages on behalf of others. Browsers under automation are counted. */
const robots =
  /bot\b|bot[/_;-]|crawl|spider|slurp|archive|preview|scan|monitor|uptime|pingdom|lighthouse|pagespeed|validator|facebookexternalhit|embedly|whatsapp|telegram|mediapartners|feedfetcher|favicon|python|curl|wget|httpclient|okhttp|axios|phantom/i;
/** Old browsers, and today robots, identify as `(compatible; …)`. */
const compatible = /\(compatible;(?! MSIE)/i;

/**
 * Whether a request for an item page counts as a read: a browser opens it as a document. Prefetches, previews and robots
 * do not count.
 *
 * @param header returns a request header by its lower-case name.
 */
export function countsAsRead(method: string, header: (name: string) => string | undefined): boolean {
  if (method !== 'GET') return false;
  const purpose = [header('sec-purpose'), header('purpose'), header('x-purpose'), header('x-moz')].join();
  if (/prefetch|preview|prerender/i.test(purpose)) return false;
  if ((header('sec-fetch-dest') ?? 'document') !== 'document') return false;
  const agent = header('user-agent') ?? '';
  return /^(?:Mozilla|Opera)\/\d/.test(agent) && !robots.test(agent) && !compatible.test(agent);
}
