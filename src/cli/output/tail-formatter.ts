import type { ItemEvent, WireItem, WireRemoved } from '../../client/client.ts';
import { assertNever } from '../../domain/assert-never.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { cutToWidth, textWidth } from './text-width.ts';

const widths = { time: 11, source: 18, section: 12 } as const;
const gap = '  ';
const minTitleColumns = 20;
const maxRemembered = 5000;
const maxTitleChars = 500;

/** The text of an item's line. */
interface ItemLine {
  readonly source: string;
  readonly section: string;
  readonly title: string;
}

/** Prefix of the title. */
const prefixes: Readonly<Record<ItemEvent['op'], string>> = { add: '', update: '~ ', remove: '- ' };

/**
 * Formats events as aligned lines: time, source, section, title. The time is when the item was first seen, in the local time
 * zone. A removal shows the title seen before, otherwise the URL.
 */
export class TailFormatter {
  readonly #columns: number | null;
  readonly #now: () => number;
  /** A removal carries only id and URL, so the lines of the newest items are kept. */
  readonly #lines = new Map<number, ItemLine>();

  /** @param columns maximum width; null: unlimited. */
  constructor(columns: number | null, now: () => number) {
    this.#columns = columns;
    this.#now = now;
  }

  /** One line, without its line break. */
  format(change: ItemEvent): string {
    const line = this.#lineOf(change);
    const time = change.op === 'remove' ? '' : formatTime(Date.parse(change.item.firstSeenAt), this.#now());
    const cells = [time.padStart(widths.time)];
    // A narrow terminal has no room for the source or the section.
    for (const name of ['source', 'section'] as const) {
      if (this.#room(cells) - widths[name] - gap.length < minTitleColumns) break;
      cells.push(padded(line[name], widths[name], this.#columns));
    }
    const title = `${prefixes[change.op]}${line.title}`;
    cells.push(this.#columns === null ? title : cutToWidth(title, Math.max(1, this.#room(cells))));
    return cells.join(gap);
  }

  /** Columns left after these cells. */
  #room(cells: readonly string[]): number {
    if (this.#columns === null) return Number.POSITIVE_INFINITY;
    return this.#columns - textWidth(cells.join(gap)) - gap.length;
  }

  #lineOf(event: ItemEvent): ItemLine {
    switch (event.op) {
      case 'add':
      case 'update':
        return this.#remember(event.item);
      case 'remove':
        return this.#forget(event.item);
      default:
        return assertNever(event);
    }
  }

  #forget({ id, url }: WireRemoved): ItemLine {
    const line = this.#lines.get(id) ?? { source: '', section: '', title: cleanLine(url ?? `item ${id}`) };
    this.#lines.delete(id);
    return line;
  }

  #remember(item: WireItem): ItemLine {
    this.#lines.delete(item.id);
    const line = {
      source: cleanLine(item.source.title),
      section: cleanLine(item.section),
      title: cleanLine(item.title, maxTitleChars),
    };
    this.#lines.set(item.id, line);
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > maxRemembered && oldest !== undefined) this.#lines.delete(oldest);
    return line;
  }
}

/** Cuts only to fit a terminal. */
function padded(text: string, width: number, columns: number | null): string {
  const cell = columns === null ? text : cutToWidth(text, width);
  return `${cell}${' '.repeat(Math.max(0, width - textWidth(cell)))}`;
}

/** `14:03:22` today, `11-23 14:03` on any other day. */
function formatTime(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minute = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return `${minute}:${two(at.getSeconds())}`;
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${minute}`;
}
