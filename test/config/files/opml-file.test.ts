import { describe, expect, it } from 'vitest';
import { readOpmlFile } from '../../../src/config/files/opml-file.ts';
import { ProblemList } from '../../../src/config/problems/problem-list.ts';

function read(text: string) {
  const problems = new ProblemList();
  const part = readOpmlFile({ name: 'a.opml', text }, problems);
  const sources = part.sources.map(({ fields, where }) => ({ ...fields, where }));
  return { sources, problems: problems.all(), warnings: problems.warnings() };
}

const wrap = (body: string): string =>
  `<?xml version="1.0"?>\n<opml version="2.0">\n<body>\n${body}\n</body>\n</opml>\n`;

describe('readOpmlFile', () => {
  it('reads URL, title and enclosing section of outlines', () => {
    const { sources, problems } = read(
      wrap(`<outline text="World">
  <outline text="The &lt;A&gt; &amp; B" title="A" type="rss" xmlUrl="https://example.org/a?x=1&amp;y=2" htmlUrl="https://example.org/"/>
</outline>
<outline text="Loose" xmlUrl="https://example.org/b"/>`),
    );
    expect(problems).toEqual([]);
    expect(sources).toEqual([
      { url: 'https://example.org/a?x=1&y=2', title: 'A', section: 'World', where: 'a.opml:5' },
      { url: 'https://example.org/b', title: 'Loose', section: null, where: 'a.opml:7' },
    ]);
  });

  it('uses the nearest enclosing heading', () => {
    const { sources } = read(
      wrap(
        '<outline text="A"><outline text="B"><outline xmlUrl="https://example.org/1"/></outline><outline xmlUrl="https://example.org/2"/></outline><outline xmlUrl="https://example.org/3"/>',
      ),
    );
    expect(sources.map((source) => source.section)).toEqual(['B', 'A', null]);
  });

  it('does not use a source as heading', () => {
    const { sources } = read(
      wrap('<outline text="S" xmlUrl="https://example.org/1"><outline xmlUrl="https://example.org/2"/></outline>'),
    );
    expect(sources[1]?.section).toBeNull();
  });

  it('ignores case of names', () => {
    const { sources } = read('<OPML><BODY><Outline TEXT="A" XMLURL="https://example.org/a"/></BODY></OPML>');
    expect(sources).toMatchObject([{ url: 'https://example.org/a', title: 'A' }]);
  });

  it('flattens and truncates a heading of several lines', () => {
    const { sources } = read(
      wrap(`<outline text="a&#10;&#27;b" title="${'x'.repeat(300)}" xmlUrl="https://example.org/"/>`),
    );
    expect(sources[0]?.title).toBe('x'.repeat(200));
    expect(read(wrap('<outline text="a&#10;&#27;b" xmlUrl="https://example.org/"/>')).sources[0]?.title).toBe('a b');
  });

  it('warns of a feed without URL with its line, and reads the others', () => {
    const { sources, problems, warnings } = read(
      wrap('<outline type="rss" text="A"/>\n<outline text="B" xmlUrl=" "/>\n<outline xmlUrl="https://example.org/"/>'),
    );
    expect(warnings.map((warning) => `${warning.where} ${warning.what}`)).toEqual([
      'a.opml:4 an outline has no xmlUrl',
      'a.opml:5 an outline has no xmlUrl',
    ]);
    expect(problems).toEqual([]);
    expect(sources).toHaveLength(1);
  });

  it('returns nothing of a truncated file', () => {
    const whole = wrap('<outline xmlUrl="https://example.org/1"/>\n<outline xmlUrl="https://example.org/2"/>');
    const { sources, problems } = read(whole.slice(0, whole.indexOf('</opml>')));
    expect(sources).toEqual([]);
    expect(problems).toMatchObject([{ what: 'the file ends before </opml>' }]);
  });

  it.each(['', 'sources: []', '<rss><channel/></rss>', '{"a": 1}'])('reports that %j is not OPML', (text) => {
    expect(read(text).problems).toMatchObject([{ where: 'a.opml:1', what: 'the file is not OPML' }]);
  });

  it('resolves no entities of a DTD and reads no files', () => {
    const { sources, warnings } = read(`<!DOCTYPE opml [
<!ENTITY file SYSTEM "file:///etc/passwd">
<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
]>
<opml><body><outline text="&file;" xmlUrl="https://example.org/"/>
<outline text="x" xmlUrl="https://example.org/&b;"/></body></opml>`);
    expect(sources).toMatchObject([{ title: '&file;', url: 'https://example.org/' }]);
    expect(warnings).toMatchObject([{ where: 'a.opml:6', what: expect.stringContaining('entity of a DTD') }]);
  });

  it('does not resolve references to environment variables', () => {
    const { sources } = read(wrap(`<outline xmlUrl="https://example.org/?\${ADMIN_TOKEN}"/>`));
    expect(sources[0]?.url).toBe(`https://example.org/?\${ADMIN_TOKEN}`);
  });

  it('rejects too many outlines', () => {
    const { sources, problems } = read(wrap('<outline xmlUrl="https://example.org/"/>\n'.repeat(50_001)));
    expect(sources).toEqual([]);
    expect(problems).toMatchObject([{ what: 'the file has more than 50000 outlines' }]);
  });

  it('rejects outlines that are nested too deeply', () => {
    const deep = 65;
    const { problems } = read(
      wrap(`${'<outline text="a">'.repeat(deep)}<outline xmlUrl="https://example.org/"/>${'</outline>'.repeat(deep)}`),
    );
    expect(problems).toMatchObject([{ what: 'the outlines are nested more than 64 deep' }]);
  });
});
