import { describe, expect, it } from 'vitest';
import { sanitiseHtml } from '../../../src/normalise/html/sanitise.ts';
import { leadImage } from '../../../src/normalise/normalise-feed.ts';

function pictureOf(html: string): string | null {
  return leadImage(sanitiseHtml(html, { baseUrl: 'https://site.example/' }));
}

describe('leadImage', () => {
  it('returns the first image that may be large', () => {
    expect(pictureOf('<p><img src=a.jpg width=640><img src=b.jpg></p>')).toBe('https://site.example/a.jpg');
  });

  it('skips small images, emoji and avatars', () => {
    const small =
      '<img src=i.png width=16 height=16><img src=/emoji/1f600.png><img src="https://gravatar.com/avatar/1">';
    expect(pictureOf(`${small}<img src=b.jpg height=400>`)).toBe('https://site.example/b.jpg');
    expect(pictureOf(small)).toBeNull();
  });

  it('returns the address unescaped', () => {
    expect(pictureOf('<img src="a.jpg?w=1&amp;h=2">')).toBe('https://site.example/a.jpg?w=1&h=2');
  });

  it('ignores text that looks like an image', () => {
    expect(pictureOf('&lt;img src="https://x.example/a.jpg"&gt;')).toBeNull();
  });
});
