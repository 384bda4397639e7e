import type { ItemEvent } from '../../client/client.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { cutToWidth, textWidth } from './text-width.ts';

const widths = { time: 11, source: 18, section: 12 } as const;
const gap = '  ';
const leastTitleColumns = 20;
const maxRemembered = 5000;
const maxTitleChars = 500;

/** What a line tells of an item. */
interface ItemLine {
  readonly source: string;
  readonly section: string;
  readonly title: string;
}

/** A mark before the title: nothing for what is new. */
const marks = { add: '', update: '~ ', remove: '- ' } as const;

/**
 * Makes lines of what happens, aligned: time, source, section, title. The time is when the item was first seen, in
 * this machine's zone; what is withdrawn is told by the title that was seen before, else by its address.
 */
export class TailFormatter {
  readonly #columns: number | null;
  readonly #now: () => number;
  /** Withdrawals name only the item: what its line said is remembered for the newest. */
  readonly #told = new Map<number, ItemLine>();

  /** @param columns width that a line has to fit; null: as wide as it wants to be. */
  constructor(columns: number | null, now: () => number) {
    this.#columns = columns;
    this.#now = now;
  }

  /** One line, without its line break. */
  format(change: ItemEvent): string {
    const told = this.#tell(change);
    const time = change.op === 'remove' ? '' : formatTime(Date.parse(change.item.firstSeenAt), this.#now());
    const cells = [time.padStart(widths.time)];
    // A narrow terminal has no room for the source or the section.
    for (const name of ['source', 'section'] as const) {
      if (this.#room(cells) - widths[name] - gap.length < leastTitleColumns) break;
      cells.push(padded(told[name], widths[name], this.#columns));
    }
    const title = `${marks[change.op]}${told.title}`;
    cells.push(this.#columns === null ? title : cutToWidth(title, Math.max(1, this.#room(cells))));
    return cells.join(gap);
  }

  /** Columns that are left behind these cells. */
  #room(cells: readonly string[]): number {
    if (this.#columns === null) return Number.POSITIVE_INFINITY;
    return this.#columns - textWidth(cells.join(gap)) - gap.length;
  }

  #tell({ op, item }: ItemEvent): ItemLine {
    const before = this.#told.get(item.id);
    this.#told.delete(item.id);
    if (op === 'remove') return before ?? { source: '', section: '', title: cleanLine(item.url ?? `item ${item.id}`) };
    const told = {
      source: cleanLine(item.source.title),
      section: cleanLine(item.section),
      title: cleanLine(item.title, maxTitleChars),
    };
    this.#told.set(item.id, told);
    const [oldest] = this.#told.keys();
    if (this.#told.size > maxRemembered && oldest !== undefined) this.#told.delete(oldest);
    return told;
  }
}

/** Cut only where a terminal has to be fitted. */
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
