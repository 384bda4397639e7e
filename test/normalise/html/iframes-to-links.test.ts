import { describe, expect, it } from 'vitest';
import { iframesToLinks } from '../../../src/normalise/html/iframes-to-links.ts';

const bases = ['https://feed.example/'];

describe('iframesToLinks', () => {
  it('replaces each iframe by a link', () => {
    expect(
      iframesToLinks(
        'a<iframe src="//v.example/1?x=1&amp;y=2" allow=autoplay></iframe>b<IFRAME SRC=/2></IFRAME>c',
        bases,
      ),
    ).toBe(
      'a<p><a href="https://v.example/1?x=1&amp;y=2">v.example</a></p>b<p><a href="https://feed.example/2">feed.example</a></p>c',
    );
  });

  it('leaves all other markup unchanged', () => {
    const html = '<P CLASS=x>a&nbsp;b<br/></p><!-- <iframe> -->&lt;iframe src=x&gt;';
    expect(iframesToLinks(html, bases)).toBe(html);
  });

  it('removes the fallback content of an iframe', () => {
    expect(iframesToLinks('<iframe src=ftp://v.example><p>Old browser</p></iframe>t', bases)).toBe('t');
  });

  it('ends an unclosed iframe at the end of the text', () => {
    expect(iframesToLinks('a<iframe src=https://v.example/><b>rest', bases)).toBe(
      'a<p><a href="https://v.example/">v.example</a></p>',
    );
  });

  it('ignores iframes in text and attributes', () => {
    const html =
      '<img alt="<iframe src=https://v.example></iframe>"><textarea><iframe src=https://v.example></iframe></textarea>';
    expect(iframesToLinks(html, bases)).toBe(html);
  });

  it('creates at most fifty links', () => {
    const many = iframesToLinks('<iframe src=https://v.example/></iframe>'.repeat(60), bases);
    expect(many.match(/<a /g)?.length).toBe(50);
  });
});
