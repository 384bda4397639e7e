import { describe, expect, it } from 'vitest';
import { Editor, type Publication } from '../../src/demo/editor.ts';
import { outlets } from '../../src/demo/outlets.ts';
import { seededRandom } from '../../src/demo/random.ts';
import stories from '../../src/demo/stories.json' with { type: 'json' };

const minuteMs = 60_000;

function publications(seed: number, count: number): { editor: Editor; publications: Publication[] } {
  const editor = new Editor(seededRandom(seed));
  return { editor, publications: Array.from({ length: count }, (_, index) => editor.publishNext(index * minuteMs)) };
}

describe('Editor', () => {
  it('publishes the same stories for the same seed and others for another seed', () => {
    const headlines = (seed: number) =>
      publications(seed, 60).publications.map((publication) => publication.article.headline);
    expect(headlines(7)).toEqual(headlines(7));
    expect(headlines(7)).not.toEqual(headlines(8));
  });

  it('publishes, syndicates and corrects stories in every section', () => {
    const all = publications(1, 200).publications;
    expect(new Set(all.map((publication) => publication.kind))).toEqual(
      new Set(['published', 'syndicated', 'corrected']),
    );
    expect(new Set(all.map((publication) => publication.article.outlet.id)).size).toBe(outlets.length);
  });

  it('uses every story of a section before it repeats one', () => {
    const titles = publications(3, 400)
      .publications.filter(
        (publication) => publication.kind === 'published' && publication.article.outlet.section === 'Science',
      )
      .slice(0, stories.Science.length)
      .map((publication) => publication.article.topic);
    expect(new Set(titles).size).toBe(stories.Science.length);
  });

  it('syndicates a story to a second outlet with the same address and another wording', () => {
    const all = publications(5, 200).publications;
    const syndicated = all
      .filter((publication) => publication.kind === 'syndicated')
      .map((publication) => publication.article);
    expect(syndicated.length).toBeGreaterThan(10);
    for (const copy of syndicated) {
      const first = all.find(
        (publication) => publication.kind === 'published' && publication.article.path === copy.path,
      )?.article;
      expect(first?.outlet.section).toBe(copy.outlet.section);
      expect(first?.outlet.id).not.toBe(copy.outlet.id);
      expect(first?.headline).not.toBe(copy.headline);
      expect(first?.number).not.toBe(copy.number);
      expect(copy.publishedMs - (first?.publishedMs ?? 0)).toBeGreaterThanOrEqual(12_000);
    }
  });

  it('corrects an article in place and sets its update time', () => {
    const { publications: all } = publications(5, 200);
    const corrected = all
      .filter((publication) => publication.kind === 'corrected')
      .map((publication) => publication.article);
    expect(corrected.length).toBeGreaterThan(5);
    for (const article of corrected) {
      const before = all.find(
        (publication) => publication.kind === 'published' && publication.article.number === article.number,
      )?.article;
      expect(before).toMatchObject({ path: article.path, publishedMs: article.publishedMs, updatedMs: null });
      expect(article.updatedMs).toBeGreaterThan(article.publishedMs);
      expect(article.paragraphs).not.toEqual(before?.paragraphs);
    }
  });

  it('shows the corrected article once in its feed and on its page', () => {
    const editor = new Editor(seededRandom(5));
    for (let index = 0; ; index += 1) {
      const { kind, article } = editor.publishNext(index * minuteMs);
      if (kind !== 'corrected') continue;
      const shown = editor.articlesOf(article.outlet.id).filter((other) => other.number === article.number);
      expect(shown).toEqual([article]);
      expect(editor.articleAt(article.path)).toEqual(article);
      break;
    }
  });

  it('keeps at most 30 articles in a feed, newest first', () => {
    const { editor } = publications(2, 2000);
    for (const outlet of outlets) {
      const times = editor.articlesOf(outlet.id).map((article) => article.publishedMs);
      expect(times).toHaveLength(30);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
    }
  });

  it('fills every slot and keeps numbers within their bounds', () => {
    for (const { article } of publications(4, 1500).publications) {
      const text = [article.headline, article.lead, ...article.paragraphs].join('\n');
      expect(text).not.toMatch(/[{}]|undefined|NaN/);
    }
  });
});

describe('the story templates', () => {
  const all = Object.values(stories).flat();

  it('are at least forty with different headlines', () => {
    expect(all.length).toBeGreaterThanOrEqual(40);
    const headlines = all.flatMap((story) => [story.first.headline, story.second.headline]);
    expect(new Set(headlines).size).toBe(headlines.length);
  });

  it('have a value for every slot and use every number', () => {
    for (const story of all) {
      const { first, second, paragraphs } = story;
      const text = [first.headline, first.lead, second.headline, second.lead, ...paragraphs].join('\n');
      const used = new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
      const known = new Set(['town', 'other', 'region', ...story.numbers.map(({ name }) => name)]);
      expect([...used].filter((slot) => slot !== undefined && !known.has(slot))).toEqual([]);
      for (const { name } of story.numbers) expect(used, first.headline).toContain(name);
    }
  });
});
