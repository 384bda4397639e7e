import { describe, expect, it } from 'vitest';
import type { NormalisedFeed } from '../../../src/domain/items/item.ts';
import type { HiddenParts } from '../../../src/domain/masking.ts';
import { maskedDocument } from '../../../src/domain/polling/masked-state.ts';
import { digest, draft } from '../../support/store-fixture.ts';

const token = 'tok-7f3a9c21';
const inQuery: HiddenParts = { url: 'https://example.org/feed?token=***', secrets: [token] };
const inPath: HiddenParts = { url: 'https://example.org/u/***/feed', secrets: [token] };

function concealed(read: NormalisedFeed, hidden: HiddenParts | null = inQuery): NormalisedFeed {
  const answer = maskedDocument(read, hidden);
  if (answer.kind === 'unreadable') throw new Error(answer.detail);
  return answer;
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
      ...digest([draft('one', words)]),
      feedTitle: `News of ${token}`,
      deleted: [{ ref: url, atMs: null }],
    };
    const answer = concealed(read);
    expect(JSON.stringify(answer)).not.toContain(token);
    expect(answer.drafts[0]?.canonicalUrl).toBe('https://example.org/1?token=***');
    expect(answer.deleted[0]?.ref).toBe(answer.drafts[0]?.guid);
    const other = JSON.parse(JSON.stringify(read).replaceAll(token, 'tok-00000000')) as NormalisedFeed;
    expect(concealed(other, { ...inQuery, secrets: ['tok-00000000'] })).toEqual(answer);
  });

  it('masks secrets escaped for markup', () => {
    const secret = 'user=1&key=a"bcdefg';
    const contentHtml = '<a href="https://example.org/feed?user=1&amp;key=a&quot;bcdefg">all</a>';
    const answer = concealed(digest([draft('one', { contentHtml })]), { ...inQuery, secrets: [secret] });
    expect(answer.drafts[0]?.contentHtml).toBe('<a href="https://example.org/feed?***">all</a>');
  });

  it('leaves a document unchanged without secrets or with short ones only', () => {
    const read = digest([draft('one', { url })]);
    expect(concealed(read, null)).toBe(read);
    expect(
      concealed(digest([draft('one', { title: 'The en' })]), { ...inQuery, secrets: ['en'] }).drafts[0]?.title,
    ).toBe('The en');
  });

  it.each([
    ['beside it', inPath, 'https://example.org/u/***/feed?page=2', `https://example.org/u/${token}/feed?page=2`],
    ['elsewhere, which is told nothing', inPath, 'https://example.com/u/***', 'https://example.com/u/***'],
    ['named whole', inQuery, `https://example.org/2?token=${token}`, `https://example.org/2?token=${token}`],
  ])('returns an archive URL %s', (_, hidden, archiveUrl, asked) => {
    expect(concealed({ ...digest([]), archiveUrl }, hidden).archiveUrl).toBe(asked);
  });
});
