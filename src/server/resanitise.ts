import { rulesVersion } from '../domain/items/normalise-task.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Store } from '../store/engine/store.ts';
import { type HtmlChange, readStoredHtml, replaceHtml, type StoredHtml } from '../store/items/stored-html.ts';
import { getOrCreateSetting, writeSetting } from '../store/stored-settings.ts';
import type { DocumentProcessor } from './stages/document-processor.ts';

const batchItems = 50;
/** By which rules stored HTML was cleaned: `2` when all was, `2 after 500` when it was up to that item. */
const markName = 'html_rules';

/** What cleaning again works with. */
export interface ResanitiseOptions {
  readonly store: Store;
  readonly processor: Pick<DocumentProcessor, 'sanitise'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The rules of today. */
  readonly version?: number;
  /** Told of the head of the log when readers must hear of what has changed. */
  notify(head: number): void;
}

/**
 * Cleans all stored HTML again when the rules have changed since it was, in worker processes and a few items at a
 * time. What is stored is clean by the old rules: raw HTML is not kept. Goes on where it was interrupted.
 *
 * @returns how many items were looked at.
 */
export async function resanitiseStoredHtml(parts: ResanitiseOptions): Promise<number> {
  const { store, processor: digester, clock, signal, version = rulesVersion } = parts;
  const mark = await getOrCreateSetting(store, markName, () => String(version));
  if (mark === String(version)) return 0;
  let looked = 0;
  let afterId = placeOf(mark, version);
  while (!signal.aborted) {
    const items = await readStoredHtml(store.reader, afterId, batchItems);
    const changes: HtmlChange[] = [];
    for (const item of items) {
      if (signal.aborted) return looked;
      const cleaned = await clean(digester, item);
      if (cleaned !== item.html) changes.push({ ...item, sanitised: cleaned });
    }
    const head = await replaceHtml(store, changes, clock.now());
    if (head !== null) parts.notify(head);
    looked += items.length;
    afterId = items.at(-1)?.id ?? afterId;
    const isDone = items.length < batchItems;
    await writeSetting(store, markName, isDone ? String(version) : `${version} after ${afterId}`);
    if (isDone) break;
  }
  return looked;
}

function placeOf(mark: string, version: number): number {
  const [, of, afterId] = /^(\d+) after (\d+)$/.exec(mark) ?? [];
  return of === String(version) ? Number(afterId) : 0;
}

/** What takes too much to clean is dropped. Any other failure is ours, and leaves everything as it is. */
async function clean(digester: ResanitiseOptions['processor'], { id, html }: StoredHtml): Promise<string> {
  const answer = await digester.sanitise(html);
  if (answer.kind === 'cleaned') return answer.html;
  if (answer.failure === 'internal_error') throw new Error(`the content of item ${id}: ${answer.detail}`);
  return '';
}
