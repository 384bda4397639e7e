import type { EntryDescription, FeedDescription } from '../../domain/items/feed-description.ts';
import type { Unreadable } from '../../domain/items/item.ts';
import { formatNote } from '../../domain/notes/format-note.ts';
import type { OpenedFile } from '../shared/parse-targets.ts';
import { formatTable } from './format-table.ts';

/** Result of one file. */
export interface ParseLine {
  readonly file: string;
  /** Whether the file could be opened. */
  readonly opened: boolean;
  /** Milliseconds. */
  readonly ms: number;
  /** Null: not a feed. */
  readonly feed: FeedDescription | null;
  /** Failure code and its description; null and empty when there is a feed. */
  readonly failure: string | null;
  readonly detail: string;
}

const maxEntriesShown = 20;

/** @param ms duration. */
export function toParseLine(
  file: string,
  result: FeedDescription | Unreadable | Extract<OpenedFile, { kind: 'closed' }>,
  ms: number,
): ParseLine {
  const opened = result.kind !== 'closed';
  if (result.kind === 'described') return { file, opened, ms, feed: result, failure: null, detail: '' };
  return { file, opened, ms, feed: null, failure: result.failure, detail: result.detail };
}

/** One JSON line: always the same keys. `error` is present when `ok` is false. */
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

/** One row per file; for a single file also its entries. */
export function resultsTable(lines: readonly ParseLine[], columns: number | null): string {
  const head = [
    { title: 'FILE', canShrink: true },
    { title: 'FORMAT' },
    { title: 'ITEMS', align: 'right' },
    { title: 'MS', align: 'right' },
    { title: 'TITLE', canShrink: true },
    { title: 'NOTES', canShrink: true },
  ] as const;
  const rows = lines.map(({ file, feed, failure, detail, ms }) =>
    feed === null
      ? [file, failure ?? '', '', String(Math.round(ms)), '', detail]
      : [
          file,
          feed.format,
          String(feed.entries.length),
          String(Math.round(ms)),
          feed.title ?? '',
          feed.notes.map(formatNote).join('; '),
        ],
  );
  const [only] = lines.length === 1 ? lines : [];
  const entries = only?.feed?.entries ?? [];
  return formatTable(head, rows, columns) + (entries.length === 0 ? '' : `\n${entriesTable(entries, columns)}`);
}

function entriesTable(entries: readonly EntryDescription[], columns: number | null): string {
  const head = [{ title: 'PUBLISHED' }, { title: 'TITLE', canShrink: true }, { title: 'LINK', canShrink: true }];
  const rows = entries
    .slice(0, maxEntriesShown)
    .map((entry) => [shortDate(entry.published ?? entry.updated), entry.title ?? '', entry.link ?? '']);
  const hidden = entries.length - rows.length;
  return formatTable(head, rows, columns) + (hidden > 0 ? `… and ${hidden} more\n` : '');
}

/** `2026-03-09 10:00`, UTC. */
function shortDate(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 16).replace('T', ' ');
}
