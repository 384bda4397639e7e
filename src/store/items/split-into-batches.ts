import type { ItemDraft } from '../../domain/items/item.ts';

const maxItems = 50;
const maxBytes = 256 * 1024;

function bytesOf(draft: ItemDraft): number {
  return Buffer.byteLength(draft.contentHtml) + Buffer.byteLength(draft.summary) + Buffer.byteLength(draft.title);
}

/**
 * Splits a document into batches, so that no transaction blocks the event loop for long: at most 50 items or 256 KB of
 * text, and at least one item. Keeps the order. An empty document is one empty batch.
 */
export function splitIntoBatches(drafts: readonly ItemDraft[]): ItemDraft[][] {
  const batches: ItemDraft[][] = [];
  let batch: ItemDraft[] = [];
  let bytes = 0;
  for (const draft of drafts) {
    const size = bytesOf(draft);
    if (batch.length > 0 && (batch.length >= maxItems || bytes + size > maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(draft);
    bytes += size;
  }
  return [...batches, batch];
}
