import { describe, expect, it } from 'vitest';
import { digestDocument } from '../src/worker.ts';
import { rssDocument } from './helpers/documents.ts';
import { plainOptions } from './normalise/parsed.ts';

const channel = { title: 'A feed', link: 'https://site.example/' };

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('digestDocument', () => {
  it('makes drafts of bytes', async () => {
    const body = bytes(
      rssDocument(channel, [
        {
          guid: '1',
          title: 'One & only',
          link: 'https://site.example/1',
          date: new Date(Date.UTC(2026, 2, 9)),
          text: '<p>Hi<script>x</script></p>',
        },
      ]),
    );
    const digest = await digestDocument({ body, contentType: 'application/rss+xml', options: plainOptions() });
    expect(digest).toMatchObject({
      kind: 'digested',
      format: 'rss2',
      feedTitle: 'A feed',
      drafts: [{ guid: '1', title: 'One & only', contentHtml: '<p>Hi</p>', publishedMs: Date.UTC(2026, 2, 9) }],
    });
  });

  it('gives out nothing that is known already', async () => {
    const body = bytes(rssDocument(channel, [{ guid: '1', title: 'One', text: 'Text' }]));
    const task = { body, contentType: null, options: plainOptions() };
    const first = await digestDocument(task);
    if (first.kind !== 'digested') throw new Error(first.detail);
    const known = Object.fromEntries(first.drafts.map((draft) => [draft.entryKey, draft.contentHash]));
    const second = await digestDocument({ ...task, options: plainOptions({ known }) });
    expect(second).toMatchObject({ drafts: [], unchanged: Object.keys(known) });
  });

  it('says why a document is none', async () => {
    const read = (text: string): Promise<object> =>
      digestDocument({ body: bytes(text), contentType: null, options: plainOptions() });
    expect(await read('')).toMatchObject({ kind: 'unreadable', failure: 'empty' });
    expect(await read('<!doctype html><title>Parked</title><p>x')).toMatchObject({
      kind: 'unreadable',
      failure: 'not_feed',
    });
  });
});
