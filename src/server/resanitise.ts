import { rulesVersion } from '../domain/items/normalise-task.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Store } from '../store/engine/store.ts';
import { type HtmlChange, readStoredHtml, replaceHtml, type StoredHtml } from '../store/items/stored-html.ts';
import { getOrCreateSetting, writeSetting } from '../store/stored-settings.ts';
import type { DocumentProcessor } from './stages/document-processor.ts';

const batchItems = 50;
/** Setting: the rules version of stored HTML. `2`: all of it; `2 after 500`: up to and including item 500. */
const settingName = 'html_rules';

export interface ResanitiseOptions {
  readonly store: Store;
  readonly processor: Pick<DocumentProcessor, 'sanitise'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Current rules version. */
  readonly version?: number;
  /** Called with the head of the log after a commit that wrote events. */
  notify(head: number): void;
}

/**
 * Sanitises all stored HTML again after the rules have changed, in worker processes and in small batches. The input is
 * the output of the old rules, because raw HTML is not stored. Resumes after an interruption.
 *
 * @returns number of items processed.
 */
export async function resanitiseStoredHtml(parts: ResanitiseOptions): Promise<number> {
  const { store, processor, clock, signal, version = rulesVersion } = parts;
  const progress = await getOrCreateSetting(store, settingName, () => String(version));
  if (progress === String(version)) return 0;
  let processed = 0;
  let afterId = resumeAfter(progress, version);
  while (!signal.aborted) {
    const items = await readStoredHtml(store.reader, afterId, batchItems);
    const changes: HtmlChange[] = [];
    for (const item of items) {
      if (signal.aborted) return processed;
      const cleaned = await clean(processor, item);
      if (cleaned !== item.html) changes.push({ ...item, sanitised: cleaned });
    }
    const head = await replaceHtml(store, changes, clock.now());
    if (head !== null) parts.notify(head);
    processed += items.length;
    afterId = items.at(-1)?.id ?? afterId;
    const isDone = items.length < batchItems;
    const reached = isDone ? String(version) : `${version} after ${afterId}`;
    await store.write((tx) => writeSetting(tx, settingName, reached));
    if (isDone) break;
  }
  return processed;
}

function resumeAfter(progress: string, version: number): number {
  const [, of, afterId] = /^(\d+) after (\d+)$/.exec(progress) ?? [];
  return of === String(version) ? Number(afterId) : 0;
}

/** Returns empty HTML if the content exceeds the limits. Throws on an internal error, so that nothing is changed. */
async function clean(processor: ResanitiseOptions['processor'], { id, html }: StoredHtml): Promise<string> {
  const result = await processor.sanitise(html);
  if (result.kind === 'cleaned') return result.html;
  if (result.failure === 'internal_error') throw new Error(`cannot sanitise item ${id}: ${result.detail}`);
  return '';
}
