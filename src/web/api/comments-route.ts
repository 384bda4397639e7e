import type { Context, Hono } from 'hono';
import { toPublicComment } from '../comments/public-comment.ts';
import { commentsPerPage } from '../readers/comment-outcome.ts';
import type { AppContext } from '../shared/app-context.ts';
import { findItem } from '../shared/find-resource.ts';
import { parsePageSize, rejectUnknownParams } from '../shared/query-params.ts';
import { badRequest, notFound } from '../shared/request-error.ts';
import { sendJson } from './send-json.ts';

/** `/api/items/:id/comments`: the approved comments, newest first. */
export function commentsRoute(app: Hono, parts: AppContext): void {
  app.get('/api/items/:id/comments', (c) => answerComments(c, parts));
}

async function answerComments(c: Context, parts: AppContext): Promise<Response> {
  const { readers } = parts;
  const params = new URL(c.req.url).searchParams;
  rejectUnknownParams(params, ['limit', 'before']);
  const before = readBefore(params.get('before'));
  const limit = parsePageSize(params.get('limit'), commentsPerPage);
  const item = await findItem(parts, c.req.param('id') ?? '');
  if (readers === null || parts.site().comments === 'off') throw notFound('Comments are turned off on this server.');
  const page = await readers.comments.listApproved({ itemId: item.id, before, limit });
  const { total, revision, next } = page;
  return sendJson(c, { total, revision, next, comments: page.comments.map(toPublicComment) });
}

function readBefore(text: string | null): number | null {
  if (text === null || text === '') return null;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw badRequest('bad_before', 'before must be the "next" of an earlier response.');
  return Number(text);
}
