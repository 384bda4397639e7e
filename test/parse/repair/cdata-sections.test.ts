import { describe, expect, it } from 'vitest';
import { CdataSections, toCdata } from '../../../src/parse/repair/cdata-sections.ts';

const read = (text: string, name = 'title') => new CdataSections(text).read(text.indexOf('<![CDATA['), name);

describe('CdataSections', () => {
  it('recognises the start of a section', () => {
    const sections = new CdataSections('x<![CDATA[y]]><![cdata[');
    expect([0, 1, 14].map((at) => sections.beginsAt(at))).toEqual([false, true, false]);
  });

  it('reads a section up to the first "]]>"', () => {
    expect(read('<![CDATA[a]]>b]]>')).toEqual({ content: 'a', end: 13, isClosed: true });
    expect(read('<![CDATA[]]>')).toEqual({ content: '', end: 12, isClosed: true });
  });

  it('treats an end tag inside a section as text', () => {
    expect(read('<![CDATA[a</title>b]]>').content).toBe('a</title>b');
  });

  it('ends an unclosed section with its element', () => {
    const text = '<![CDATA[a</title><x><![CDATA[b]]>';
    expect(read(text)).toEqual({ content: 'a', end: 10, isClosed: false });
    expect(read('<![CDATA[a</title></item>')).toEqual({ content: 'a', end: 10, isClosed: false });
  });

  it('keeps a section whose text contains "<![CDATA["', () => {
    expect(read('<![CDATA[a <![CDATA[ b]]>').content).toBe('a <![CDATA[ b');
  });

  it('reads an unclosed section to the end of the text', () => {
    expect(read('<![CDATA[abc')).toEqual({ content: 'abc', end: 12, isClosed: false });
  });

  it('searches for each "]]>" once', () => {
    const piece = '<![CDATA[x</title>';
    const text = `${piece.repeat(200_000)}]]>`;
    const sections = new CdataSections(text);
    const before = performance.now();
    let read = 0;
    for (let at = 0; at < text.length - 3; at += piece.length) read += sections.read(at, 'title').content.length;
    // The last section is closed.
    expect(read).toBe(200_000 + '</title>'.length);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('toCdata', () => {
  it('splits a text that contains "]]>" into two sections', () => {
    expect(toCdata('a]]>b')).toBe('<![CDATA[a]]]]><![CDATA[>b]]>');
  });
});
