import { describe, expect, it } from 'vitest';
import { RenderCache } from '../../../src/web/syndication/render-cache.ts';

function counting(cache: RenderCache) {
  const rendered: string[] = [];
  const ask = (content: object, form = 'rss'): string =>
    cache
      .body(form, content, () => {
        rendered.push(JSON.stringify(content));
        return 'x'.repeat(100);
      })
      .bytes.toString();
  return { ask, rendered };
}

describe('the render cache', () => {
  it('renders equal content once and each format for itself', () => {
    const { ask, rendered } = counting(new RenderCache(10_000));
    ask({ a: 1 });
    ask({ a: 1 });
    ask({ a: 1 }, 'atom');
    expect(rendered).toHaveLength(2);
  });

  it('renders anew when anything in the content differs', () => {
    const { ask, rendered } = counting(new RenderCache(10_000));
    ask({ a: 1, b: [{ c: 'x' }] });
    ask({ a: 1, b: [{ c: 'y' }] });
    expect(rendered).toHaveLength(2);
  });

  it('lets go of what was not asked for longest when it is full', () => {
    const { ask, rendered } = counting(new RenderCache(900));
    ask({ a: 1 });
    ask({ a: 2 });
    ask({ a: 1 });
    ask({ a: 3 });
    ask({ a: 1 });
    expect(rendered).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
    ask({ a: 2 });
    expect(rendered).toHaveLength(4);
  });
});
