import { describe, expect, it } from 'vitest';
import { findFeedRoot } from '../../../src/parse/repair/find-feed-root.ts';
import { MiscSkipper } from '../../../src/parse/repair/skip-misc.ts';
import { notesOf } from '../../support/notes.ts';

const rootOf = (text: string) => findFeedRoot(text, new MiscSkipper(text));

describe('findFeedRoot', () => {
  it.each([
    ['<rss version="2.0">', 'rss', 'rss'],
    ['<feed>', 'atom', 'feed'],
    ['<entry/>', 'atom', 'entry'],
    ['<rdf:RDF xmlns="x">', 'rdf', 'rdf'],
    ['<RDF>', 'rdf', 'rdf'],
    ['<channel>', 'rss', 'channel'],
    ['<a:feed>', 'atom', 'feed'],
    ['<RSS>', 'rss', 'rss'],
  ])('recognises %s', (text, dialect, localName) => {
    expect(rootOf(text)).toEqual({ at: 0, dialect, localName, notes: [] });
  });

  it.each([
    '',
    'text',
    '<html><body>',
    '<rssfeed>',
    '<feeds>',
    '<opml version="2.0">',
    '<!-- <rss> -->',
    '<x <',
  ])('finds no root in "%s"', (text) => {
    expect(rootOf(text)).toBeNull();
  });

  it('skips declarations, comments and processing instructions without a note', () => {
    const text = '\n<?xml version="1.0"?>\n<!-- <rss> --><?xml-stylesheet href="x"?>\n';
    expect(rootOf(`${text}<feed>`)).toEqual({ at: text.length, dialect: 'atom', localName: 'feed', notes: [] });
  });

  it('notes that a DOCTYPE was dropped', () => {
    expect(rootOf('<!DOCTYPE rss [<!ENTITY a "<rss>">]><rss>')?.notes).toEqual(notesOf('dtd_dropped'));
  });

  it('skips up to 1 KB of junk and notes it', () => {
    expect(rootOf(`${'x'.repeat(1000)}<br /><rss>`)?.notes).toEqual(notesOf('recovered'));
    expect(rootOf(`${'x'.repeat(1030)}<rss>`)).toBeNull();
  });

  it('counts neither comments nor white space as junk', () => {
    expect(rootOf(`${' '.repeat(5000)}<!--${'x'.repeat(5000)}--><rss>`)?.notes).toEqual([]);
  });

  it('does not find a feed that a web page quotes', () => {
    expect(rootOf(`<!DOCTYPE html><html>${'<p>words</p>'.repeat(200)}<rss>`)).toBeNull();
  });
});
