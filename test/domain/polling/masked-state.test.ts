import { describe, expect, it } from 'vitest';
import type { NormalisedFeed } from '../../../src/domain/items/item.ts';
import type { HiddenParts } from '../../../src/domain/masking.ts';
import { maskedDocument } from '../../../src/domain/polling/masked-state.ts';
import { aFeed, anItemDraft } from '../../support/builders.ts';

const token = 'tok-7f3a9c21';
const inQuery: HiddenParts = { url: 'https://example.org/feed?token=***', secrets: [token] };
const inPath: HiddenParts = { url: 'https://example.org/u/***/feed', secrets: [token] };

function masked(read: NormalisedFeed, hidden: HiddenParts | null = inQuery): NormalisedFeed {
  const document = maskedDocument(read, hidden);
  if (document.kind === 'unreadable') throw new Error(document.detail);
  return document;
}

describe('maskedDocument', () => {
  const url = `https://example.org/1?token=${token}`;

  it('masks secrets in texts, keys and ids, independent of their value', () => {
    const words = {
      ...{ url, canonicalUrl: url, guid: url, imageUrl: url, enclosures: [{ url, type: null, length: null }] },
      contentHash: 'h',
      ...{ title: `For ${token}`, summary: token, contentHtml: `<p>${token}</p>`, author: token, categories: [token] },
    };
    const read = {
      ...aFeed([anItemDraft('one', words)]),
      feedTitle: `News of ${token}`,
      deleted: [{ ref: url, atMs: null }],
    };
    const document = masked(read);
    expect(JSON.stringify(document)).not.toContain(token);
    expect(document.drafts[0]?.canonicalUrl).toBe('https://example.org/1?token=***');
    expect(document.deleted[0]?.ref).toBe(document.drafts[0]?.guid);
    const other = JSON.parse(JSON.stringify(read).replaceAll(token, 'tok-00000000')) as NormalisedFeed;
    expect(masked(other, { ...inQuery, secrets: ['tok-00000000'] })).toEqual(document);
  });

  it('masks secrets escaped for markup', () => {
    const secret = 'user=1&key=a"bcdefg';
    const contentHtml = '<a href="https://example.org/feed?user=1&amp;key=a&quot;bcdefg">all</a>';
    const document = masked(aFeed([anItemDraft('one', { contentHtml })]), { ...inQuery, secrets: [secret] });
    expect(document.drafts[0]?.contentHtml).toBe('<a href="https://example.org/feed?***">all</a>');
  });

  it('leaves a document unchanged without secrets or with short ones only', () => {
    const read = aFeed([anItemDraft('one', { url })]);
    expect(masked(read, null)).toBe(read);
    expect(
      masked(aFeed([anItemDraft('one', { title: 'The en' })]), { ...inQuery, secrets: ['en'] }).drafts[0]?.title,
    ).toBe('The en');
  });

  it.each([
    [
      'below the URL of the source',
      inPath,
      'https://example.org/u/***/feed?page=2',
      `https://example.org/u/${token}/feed?page=2`,
    ],
    ['at another site, without secrets', inPath, 'https://example.com/u/***', 'https://example.com/u/***'],
    [
      'that contains the secret',
      inQuery,
      `https://example.org/2?token=${token}`,
      `https://example.org/2?token=${token}`,
    ],
  ])('returns an archive URL %s', (_, hidden, archiveUrl, asked) => {
    expect(masked({ ...aFeed([]), archiveUrl }, hidden).archiveUrl).toBe(asked);
  });
});
