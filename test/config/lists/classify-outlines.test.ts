import { describe, expect, it } from 'vitest';
import { readOpml } from '../../../src/config/files/read-opml.ts';
import { type ClassifiedOutline, OutlineClassifier } from '../../../src/config/lists/classify-outlines.ts';
import { opml, outline } from '../../support/opml.ts';

async function classify(...urls: string[]): Promise<ClassifiedOutline[]> {
  const document = readOpml(opml(urls.map((url) => outline(url)).join('\n')));
  if (document.kind === 'invalid') throw new Error(document.what);
  const classifier = new OutlineClassifier({
    declaredAt: (url) => (url === 'https://example.org/known' ? 'sources.yaml:4' : null),
    refusal: (url) => (url.includes('//10.') ? '10.0.0.1 is private' : null),
  });
  const classified: ClassifiedOutline[] = [];
  for (const one of document.outlines) classified.push(await classifier.classify(one));
  return classified;
}

describe('OutlineClassifier', () => {
  it('recognises equal URLs in any spelling', async () => {
    const found = await classify(
      'https://example.org/a',
      'https://EXAMPLE.org:443/a#top',
      'feed://example.org/a',
      'http://example.org/a',
      'https://example.org/known#x',
    );
    expect(found.map(({ state, reason }) => [state, reason])).toEqual([
      ['new', null],
      ['repeated', 'as on line 5'],
      ['repeated', 'as on line 5'],
      ['new', null],
      ['known', 'declared at sources.yaml:4'],
    ]);
  });

  it.each([
    ['', 'has no xmlUrl'],
    ['javascript:alert(1)', 'is not http or https: javascript:'],
    ['JAVASCRIPT:alert(1)', 'is not http or https: javascript:'],
    ['file:sources.yaml', 'is not http or https: file:'],
    ['data:text/html,x', 'is not http or https: data:'],
    ['query:unread', 'is not http or https: query:'],
    ['example.org/feed', 'has an invalid URL: url has no scheme'],
    ['example.org:8080/feed', 'has an invalid URL: url has no scheme'],
    ['https://', 'has an invalid URL: url is not a valid URL'],
    ['https://me:pa55@example.org/', 'has a user name or password in its URL'],
    [`https://example.org/${'x'.repeat(2048)}`, 'has an invalid URL: url is longer than 2048 characters'],
    ['http://10.0.0.1/', 'is refused: 10.0.0.1 is private'],
  ])('calls %s unusable', async (url, reason) => {
    expect(await classify(url)).toMatchObject([{ state: 'unusable', url: null, reason }]);
  });
});
