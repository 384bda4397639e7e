import type { EntryDescription, FeedDescription } from '../../domain/items/feed-description.ts';
import type { Unreadable } from '../../domain/items/item.ts';
import type { OpenedFile } from '../shared/parse-targets.ts';
import { formatTable } from './format-table.ts';

/** What became of one file. */
export interface ParseLine {
  readonly file: string;
  /** Whether the file could be read at all. */
  readonly opened: boolean;
  /** Milliseconds. */
  readonly ms: number;
  /** Null: there is no feed. */
  readonly feed: FeedDescription | null;
  /** A failure code, and the same in words; null and empty when there is a feed. */
  readonly failure: string | null;
  readonly detail: string;
}

const mostEntriesShown = 20;

/** @param ms how long it took. */
export function toParseLine(
  file: string,
  came: FeedDescription | Unreadable | Extract<OpenedFile, { kind: 'closed' }>,
  ms: number,
): ParseLine {
  const opened = came.kind !== 'closed';
  if (came.kind === 'described') return { file, opened, ms, feed: came, failure: null, detail: '' };
  return { file, opened, ms, feed: null, failure: came.failure, detail: came.detail };
}

/** The form for machines: always the same keys, so that a reader needs no cases. `error` is there when `ok` is not. */
export function parseLineToJson(line: ParseLine): object {
  const { file, feed, failure, detail } = line;
  return {
    file,
    ok: feed !== null,
    ...(failure === null ? {} : { error: `${failure}: ${detail}` }),
    ms: Math.round(line.ms * 10) / 10,
    feed: { title: feed?.title ?? null, link: feed?.link ?? null },
    entries: feed?.entries ?? [],
  };
}

/** The form for people: a row a file; of a single one its entries, too. */
export function resultsTable(lines: readonly ParseLine[], columns: number | null): string {
  const head = [
    { title: 'FILE', canShrink: true },
    { title: 'FORMAT' },
    { title: 'ITEMS', align: 'right' },
    { title: 'MS', align: 'right' },
    { title: 'TITLE', canShrink: true },
    { title: 'REMARKS', canShrink: true },
  ] as const;
  const rows = lines.map(({ file, feed, failure, detail, ms }) =>
    feed === null
      ? [file, failure ?? '', '', String(Math.round(ms)), '', detail]
      : [file, feed.format, String(feed.entries.length), String(Math.round(ms)), feed.title ?? '', remarks(feed)],
  );
  const [only] = lines.length === 1 ? lines : [];
  const entries = only?.feed?.entries ?? [];
  return formatTable(head, rows, columns) + (entries.length === 0 ? '' : `\n${entriesTable(entries, columns)}`);
}

function remarks(feed: FeedDescription): string {
  return feed.notes.join(', ');
}

function entriesTable(entries: readonly EntryDescription[], columns: number | null): string {
  const head = [{ title: 'PUBLISHED' }, { title: 'TITLE', canShrink: true }, { title: 'LINK', canShrink: true }];
  const rows = entries
    .slice(0, mostEntriesShown)
    .map((entry) => [shortDate(entry.published ?? entry.updated), entry.title ?? '', entry.link ?? '']);
  const left = entries.length - rows.length;
  return formatTable(head, rows, columns) + (left > 0 ? `… and ${left} more\n` : '');
}

/** `2026-03-09 10:00`, UTC. */
function shortDate(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 16).replace('T', ' ');
}
