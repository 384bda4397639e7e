import { afterEach, describe, expect, it } from 'vitest';
import {
  createDocumentProcessor,
  type DocumentProcessor,
  type DocumentProcessorOptions,
} from '../../../src/server/stages/document-processor.ts';
import { rssDocument } from '../../support/documents.ts';
import { plainOptions } from '../../support/parsed-feed.ts';

const open: DocumentProcessor[] = [];

function createTestProcessor(options: DocumentProcessorOptions = {}): DocumentProcessor {
  const processor = createDocumentProcessor({ workers: 1, ...options });
  open.push(processor);
  return processor;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((processor) => processor.close()));
});

function task(text: string): Parameters<DocumentProcessor['normalise']>[0] {
  return { body: new TextEncoder().encode(text), contentType: null, options: plainOptions() };
}

const validFeed = rssDocument({ title: 'A feed', link: 'https://site.example/' }, [{ guid: '1', title: 'One' }]);

// Real processes: on a busy machine one takes seconds to start.
describe('createDocumentProcessor', { timeout: 60_000 }, () => {
  it('normalises a document in another process', async () => {
    const normalised = await createTestProcessor().normalise(task(validFeed));
    expect(normalised).toMatchObject({ kind: 'normalised', feedTitle: 'A feed', drafts: [{ title: 'One' }] });
  });

  it('describes a document in another process', async () => {
    const body = new TextEncoder().encode(validFeed);
    const described = await createTestProcessor().describe({ body, contentType: null, url: '' });
    expect(described).toMatchObject({ kind: 'described', title: 'A feed', entries: [{ id: '1', title: 'One' }] });
  });

  it('discovers the feeds of a page in another process, since pages may be hostile too', async () => {
    const body = new TextEncoder().encode('<link rel=alternate type=application/rss+xml href=/feed>');
    const found = await createTestProcessor().discover({ body, contentType: null, url: 'https://site.example/' });
    expect(found).toMatchObject({ kind: 'page', feeds: [{ url: 'https://site.example/feed' }] });
  });

  it('sanitises stored HTML in another process', async () => {
    const cleaned = await createTestProcessor().sanitise('<p onclick="x()">Text<script>x()</script></p>');
    expect(cleaned).toEqual({ kind: 'cleaned', html: '<p>Text</p>' });
  });

  it('returns the failure of an unreadable document', async () => {
    expect(await createTestProcessor().normalise(task('nothing of use'))).toMatchObject({
      kind: 'unreadable',
      failure: 'not_feed',
    });
  });

  it('returns parse_timeout for a document that takes too long, and continues', async () => {
    const processor = createTestProcessor({ cpuLimitMs: 300 });
    const slow = `<rss version="2.0"><channel><title>x</title><item><description>${'&lt;p&gt;x'.repeat(500_000)}</description></item></channel></rss>`;
    expect(await processor.normalise(task(slow))).toEqual({
      kind: 'unreadable',
      failure: 'parse_timeout',
      detail: 'the document took more than 0.3 s to read',
    });
    expect((await processor.normalise(task(validFeed))).kind).toBe('normalised');
  });

  it('returns parse_limit for a document that takes too much memory, and continues', async () => {
    const processor = createTestProcessor({ maxHeapMb: 24 });
    const deep = `{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[${'{"a":[]},'.repeat(800_000)}1]}`;
    expect(await processor.normalise(task(deep))).toMatchObject({ kind: 'unreadable', failure: 'parse_limit' });
    expect((await processor.normalise(task(validFeed))).kind).toBe('normalised');
  });

  it('returns internal_error after it was closed', async () => {
    const processor = createTestProcessor();
    await processor.close();
    expect(await processor.normalise(task(validFeed))).toMatchObject({ kind: 'unreadable', failure: 'internal_error' });
  });
});
