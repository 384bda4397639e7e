import { describe, expect, it } from 'vitest';
import { cleanAttributes } from '../../../src/normalise/html/attributes.ts';

const bases = ['https://feed.example/a/'];
const img = { alt: '', loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer' };

function picture(attributes: Record<string, string>): Record<string, string> | null {
  return cleanAttributes('img', { src: 'p.jpg', ...attributes }, bases);
}

describe('cleanAttributes of images', () => {
  it('adds loading, decoding and referrerpolicy', () => {
    const asked = { loading: 'eager', decoding: 'sync', referrerpolicy: 'unsafe-url', crossorigin: 'use-credentials' };
    expect(picture(asked)).toEqual({ ...img, src: 'https://feed.example/a/p.jpg' });
  });

  const sizes: [string, string | undefined][] = [
    ['640', '640'],
    ['640px', '640'],
    [' 640 ', '640'],
    ['0640', '640'],
    ['20000', '20000'],
    ['20001', undefined],
    ['50%', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['64.5', undefined],
    ['999999999999', undefined],
    ['', undefined],
  ];
  it.each(sizes)('reads a width of %j as %j', (width, expected) => {
    expect(picture({ width })?.['width']).toBe(expected);
  });

  const beacons: Record<string, string>[] = [
    { width: '1' },
    { height: '0' },
    { width: '1px' },
    { width: '01' },
    { width: '0.5' },
    { style: 'display:none' },
    { style: 'DISPLAY : NONE;' },
    { style: 'border:0;visibility: hidden' },
    { style: 'width:1px; height:1px' },
    { style: 'max-height: 0' },
    { src: 'https://counter.yadro.ru/hit' },
  ];
  it.each(beacons)('drops a tracking image: %j', (attributes) => {
    expect(picture(attributes)).toBeNull();
  });

  const seen: Record<string, string>[] = [
    { width: '10' },
    { style: 'width:100%' },
    { style: 'width:10px' },
    { style: 'line-height:1' },
    { style: 'border-width:1px' },
    { alt: 'display:none' },
  ];
  it.each(seen)('keeps a visible image: %j', (attributes) => {
    expect(picture(attributes)).not.toBeNull();
  });

  it('uses the first valid address', () => {
    expect(picture({ src: 'data:image/gif;base64,AA', 'data-lazy-src': '/q.jpg' })?.['src']).toBe(
      'https://feed.example/q.jpg',
    );
    expect(cleanAttributes('img', { alt: 'x' }, bases)).toBeNull();
  });

  it('keeps alt and title as short plain text', () => {
    const clean = picture({ alt: 'a\u202e<b>\n', title: 'x'.repeat(5000) });
    expect(clean?.['alt']).toBe('a<b>');
    expect(clean?.['title']?.length).toBe(1024);
  });
});

describe('cleanAttributes of links', () => {
  it('sets the link relations', () => {
    expect(cleanAttributes('a', { href: '/x', rel: 'opener', target: '_blank', download: '' }, bases)).toEqual({
      href: 'https://feed.example/x',
      rel: 'noopener noreferrer nofollow ugc',
      referrerpolicy: 'no-referrer',
    });
  });

  const links: [string, string | null][] = [
    ['mailto:a@site.example?subject=x', 'mailto:a@site.example?subject=x'],
    ['tel:+123', 'tel:+123'],
    ['sms:+123', null],
    ['#top', null],
    [' #top', null],
    ['', null],
    ['https://u:p@site.example/', 'https://site.example/'],
    [`mailto:${'a'.repeat(2000)}@site.example`, null],
  ];
  it.each(links)('cleans the href %j to %j', (href, expected) => {
    expect(cleanAttributes('a', { href }, bases)?.['href'] ?? null).toBe(expected);
  });
});

describe('cleanAttributes of other elements', () => {
  it('keeps no attributes on elements that need none', () => {
    for (const name of ['b', 'constructor', '__proto__', 'toString']) {
      expect(cleanAttributes(name, { id: 'x', class: 'y', style: 'z', onclick: 'w' }, bases)).toEqual({});
    }
  });

  it('limits the spans of table cells', () => {
    expect(cleanAttributes('td', { colspan: '3', rowspan: '2' }, bases)).toEqual({ colspan: '3', rowspan: '2' });
    expect(cleanAttributes('td', { colspan: '101', rowspan: '1001' }, bases)).toEqual({});
    expect(cleanAttributes('th', { scope: 'COL' }, bases)).toEqual({ scope: 'col' });
    expect(cleanAttributes('th', { scope: 'page' }, bases)).toEqual({});
  });

  it('accepts only valid text directions', () => {
    expect(cleanAttributes('bdo', { dir: 'RTL', lang: 'he' }, bases)).toEqual({ dir: 'rtl' });
    expect(cleanAttributes('p', { dir: 'up', lang: 'x" onclick="' }, bases)).toEqual({});
  });

  it('never autoplays audio or video', () => {
    expect(cleanAttributes('audio', { src: 'a.mp3', autoplay: '', loop: '' }, bases)).toEqual({
      src: 'https://feed.example/a/a.mp3',
      controls: '',
      preload: 'none',
    });
  });

  it('drops a source without an address', () => {
    expect(cleanAttributes('source', { type: 'video/mp4' }, bases)).toBeNull();
    expect(cleanAttributes('source', { srcset: 'javascript:1 1x' }, bases)).toBeNull();
  });

  it('keeps valid datetime values', () => {
    expect(cleanAttributes('time', { datetime: '2026-03-02T07:08:09Z' }, bases)).toEqual({
      datetime: '2026-03-02t07:08:09z',
    });
    expect(cleanAttributes('time', { datetime: 'soon' }, bases)).toEqual({});
  });
});
