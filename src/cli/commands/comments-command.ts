import type { CommentAction, CommentState, ModerationEntry, ModerationResult } from '../../domain/comments/comment.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { formatRelativeTime } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { withDatabase, withReadOnlyDatabase } from '../shared/open-database.ts';

export interface CommentsOptions {
  /** Only comments in this state. */
  readonly state: CommentState | 'all';
  readonly limit: number;
  readonly json?: boolean;
}

/** `newswire comments`: lists comments, newest first. */
export async function listComments(io: CliIo, options: CommentsOptions, clock: Clock = systemClock): Promise<number> {
  const { countComments, readComments } = await import('../../store/readers/comment-repository.ts');
  const state = options.state === 'all' ? null : options.state;
  const { comments, counts } = await withReadOnlyDatabase(io, (store) =>
    store.read(async (db) => ({
      comments: await readComments(db, { state, before: null, limit: options.limit }),
      counts: await countComments(db),
    })),
  );
  if (options.json) {
    printJson(io, { counts, comments: comments.map(commentToJson) });
    return exitCodes.done;
  }
  io.out(commentTable(comments, clock.now(), io.columns));
  const { pending, approved, rejected, spam } = counts;
  if (comments.length > 0) io.out('\n');
  io.out(`${pending} pending, ${approved} approved, ${rejected} rejected, ${spam} spam.\n`);
  return exitCodes.done;
}

/**
 * `newswire comments approve|reject|spam|undo ID…`: all or none. A running server updates open pages.
 *
 * @throws CommandError when an id is unknown.
 */
export async function moderate(
  io: CliIo,
  of: { readonly action: CommentAction; readonly ids: readonly string[]; readonly json: boolean },
  clock: Clock = systemClock,
): Promise<number> {
  const ids = [...new Set(of.ids.map(readCommentId))];
  if (ids.length === 0) throw new CommandError(`no comment given; "newswire comments" lists the pending ones`);
  const { moderateComments, readCommentStates } = await import('../../store/readers/moderate-comments.ts');
  const changed = await withDatabase(io, async (store) => {
    const known = await readCommentStates(store.reader, ids);
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length > 0) {
      throw new CommandError(`unknown comment ${unknown.join(', ')}; "newswire comments --state all" lists them`);
    }
    return await moderateComments(store, { ids, action: of.action, actor: actorOf(io), nowMs: clock.now() });
  });
  if (of.json) printJson(io, { action: of.action, changed, unchanged: unchangedOf(ids, changed) });
  else printChanges(io, ids, changed);
  return exitCodes.done;
}

function readCommentId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new CommandError(`${JSON.stringify(text)} is not a comment number; "newswire comments" lists them`);
  }
  return Number(text);
}

/** The user recorded in the audit trail. */
function actorOf({ env }: CliIo): string {
  return `cli:${(env['SUDO_USER'] ?? env['USER'] ?? env['LOGNAME'] ?? 'unknown').slice(0, 60)}`;
}

function unchangedOf(ids: readonly number[], changed: readonly ModerationResult[]): number[] {
  return ids.filter((id) => !changed.some((one) => one.id === id));
}

function printChanges(io: CliIo, ids: readonly number[], changed: readonly ModerationResult[]): void {
  for (const { id, from, to } of changed) io.out(`Comment ${id}: ${from} -> ${to}\n`);
  const unchanged = unchangedOf(ids, changed);
  if (unchanged.length > 0) io.out(`Unchanged: ${unchanged.join(', ')}\n`);
}

function commentToJson(comment: ModerationEntry): object {
  const { id, item, name, body, state, reason, moderatedBy } = comment;
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const at = { at: iso(comment.atMs), moderatedAt: iso(comment.moderatedMs) };
  return { id, item, name, text: body, state, reason, ...at, moderatedBy };
}

function commentTable(comments: readonly ModerationEntry[], nowMs: number, columns: number | null): string {
  const head = [
    { title: 'ID', align: 'right' },
    { title: 'STATE' },
    { title: 'SENT' },
    { title: 'NAME', canShrink: true },
    { title: 'COMMENT', canShrink: true },
    { title: 'ITEM', canShrink: true },
    { title: 'NOTE', canShrink: true },
  ] as const;
  const rows = comments.map((comment) => [
    String(comment.id),
    comment.state,
    formatRelativeTime(comment.atMs, nowMs),
    comment.name,
    comment.body,
    `${comment.item.id} ${comment.item.title}`,
    [comment.reason ?? '', comment.item.withdrawn ? 'item withdrawn' : ''].filter((text) => text !== '').join('; '),
  ]);
  return formatTable(head, rows, columns);
}
