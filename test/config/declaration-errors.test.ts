import { chmodSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../src/config/read-declarations.ts';
import { ConfigError } from '../../src/domain/config-error.ts';
import { problemsOf, useFolders } from './temporary-folder.ts';

const makeFolder = useFolders();

/** The errors of these files, as `file:line: what`. */
async function errorsOf(files: Record<string, string>, env: Record<string, string> = {}): Promise<string[]> {
  const lines = await problemsOf(readDeclarations(makeFolder(files).dir, env));
  return lines.map((line) => line.replace(/\. .*$/s, ''));
}

describe('errors of declarations', () => {
  it('are formatted as file, line, what and remedy', async () => {
    const folder = makeFolder({ 'sources.yaml': 'sources:\n\n  - url: ftp://example.org/x\n' });
    expect(await problemsOf(readDeclarations(folder.dir, {}))).toEqual([
      'sources.yaml:3: url is not http, https or file: "ftp://example.org/x". Use an http(s) URL.',
    ]);
  });

  it('are reported together, across files, in order of lines', async () => {
    expect(
      await errorsOf({
        'b.yaml': 'sources:\n  - url: https://example.org/1\n    interval: 15\n    titel: x\n  - title: y\n',
        'a.yaml': 'site:\n  timezone: Mars/Olympus\nsauces: []\n',
        'c.opml': '<opml><body>\n<outline type="rss" text="A"/></body>',
      }),
    ).toEqual([
      'a.yaml:2: site.timezone is not a time zone: "Mars/Olympus"',
      'a.yaml:3: unknown key "sauces"',
      'b.yaml:3: interval has no unit: 15',
      'b.yaml:4: unknown key "titel"',
      'b.yaml:5: url is missing',
      'c.opml:2: the file ends before </opml>',
    ]);
  });

  it.each([
    ['interval: 59s', 'interval is not a duration from 1m to 24h: "59s"'],
    ['interval: 25h', 'interval is not a duration from 1m to 24h: "25h"'],
    ['interval: soon', 'interval is not a duration from 1m to 24h: "soon"'],
    ['title: 2024', 'title is not text: 2024'],
    ['title: " "', 'title is empty: " "'],
    ['title: "a\\nb"', 'title contains a line break or a control character: "a\\nb"'],
    ['section: "!"', 'section contains neither a letter nor a digit: "!"'],
    ['id: My Feed', 'id may contain only lower-case letters, digits and single hyphens: "My Feed"'],
    ['id: ../x', 'id may contain only lower-case letters, digits and single hyphens: "../x"'],
    ['language: e', 'language is not a language tag: "e"'],
    ['keep: "(a"', 'keep is not a regular expression (missing closing )): "(a"'],
    ['drop: "(?=a)"', 'drop is not a regular expression (invalid or unsupported Perl syntax): "(?=a)"'],
    ['limit: 0', 'limit is less than 1: 0'],
    ['limit: 1.5', 'limit is not a whole number: 1.5'],
    ['limit: 10001', 'limit is more than 10000: 10001'],
    ['republish: some', 'republish is none of full, summary, link: "some"'],
    ['trust: { dates: maybe }', 'trust.dates is not true or false: "maybe"'],
    ['trust: { date: true }', 'unknown key "date"'],
    ['headers: { Host: a }', 'headers.Host is set by Newswire itself'],
    ['headers: { "a b": a }', 'headers.a b is not a valid header name'],
    ['headers: { X-A: "a\\r\\nb" }', 'headers.X-A contains a character that is invalid in a header'],
    ['headers: { X-A: 1 }', 'headers.X-A is not text'],
    ['headers: { X-A: a, x-a: b }', 'headers.x-a is given twice with different capitalisation'],
    ['headers: [a]', 'headers is not a mapping of names to values'],
  ])('in a source: %s', async (field, what) => {
    expect(await errorsOf({ 'a.yaml': `sources:\n  - url: https://example.org/\n    ${field}\n` })).toEqual([
      `a.yaml:3: ${what}`,
    ]);
  });

  it.each([
    ['[a]', 'a.yaml:1: the file is not a mapping'],
    ['sources: https://example.org/', 'a.yaml:1: sources is not a list'],
    ['sources:\n  - https://example.org/', 'a.yaml:2: a source is not a mapping: "https://example.org/"'],
    ['sections: World', 'a.yaml:1: sections is not a list: "World"'],
    ['site: { dateline: "%d.%m" }', 'a.yaml:1: site.dateline is not a pattern of dd, MM, yy, yyyy, HH and mm: "%d.%m"'],
    ['site: { comments: false }', 'a.yaml:1: site.comments is none of off, moderated, open: false'],
    ['site: { commentsNotice: "" }', 'a.yaml:1: site.commentsNotice is empty: ""'],
    [
      `site: { commentsNotice: ${'a'.repeat(501)} }`,
      expect.stringContaining('site.commentsNotice is longer than 500 characters'),
    ],
    ['site:\n  politeness:\n    hostgap: 1s', 'a.yaml:3: unknown key "hostgap"'],
    [
      'site: { politeness: { hostGap: 2m } }',
      'a.yaml:1: site.politeness.hostGap is not a duration from 0s to 1m: "2m"',
    ],
    [
      'site: { retention: { maxAge: 12h } }',
      'a.yaml:1: site.retention.maxAge is not a duration from 1d to 3650d: "12h"',
    ],
    [
      'site: { retention: { itemsPerSource: 5 } }',
      expect.stringContaining('a.yaml:1: site.retention.itemsPerSource is'),
    ],
    ['site:\n  retention:\n    age: 90d', 'a.yaml:3: key "age" was renamed'],
    ['site:\n  retention:\n    days: 90', 'a.yaml:3: unknown key "days"'],
    ['site: [a]', 'a.yaml:1: site is not a mapping'],
  ])('in a file: %j', async (text, line) => {
    expect(await errorsOf({ 'a.yaml': text })).toEqual([line]);
  });

  it.each([
    ['sources:\n\t- url: x', 'a.yaml:2: not valid YAML (Tabs are not allowed as indentation)'],
    ['site: {}\nsite: {}', 'a.yaml:2: not valid YAML (Map keys must be unique)'],
    ['site: {}\n---\nsite: {}', 'a.yaml:2: not valid YAML (the file contains more than one document)'],
    ['sources:\n  - url: "https://example.org/\n', 'a.yaml:3: not valid YAML (Missing closing "quote)'],
    [
      'sources: *nobody',
      'a.yaml:1: an alias cannot be resolved (Unresolved alias (the anchor must be set before the alias): nobody)',
    ],
  ])('of YAML itself: %j', async (text, line) => {
    expect(await errorsOf({ 'a.yaml': text })).toEqual([line]);
  });

  it('name the new key of a renamed one', async () => {
    const folder = makeFolder({ 'sources.yaml': 'site:\n  retention: { age: 90d }\n' });
    expect(await problemsOf(readDeclarations(folder.dir, {}))).toEqual([
      'sources.yaml:2: key "age" was renamed. Write "maxAge".',
    ]);
  });

  it('name both positions of a duplicate id or URL', async () => {
    expect(
      await errorsOf({
        'a.yaml': 'sources:\n  - url: https://example.org/1\n    id: one\n',
        'b.yaml': 'sources:\n  - id: one\n    url: https://example.org/2\n  - url: https://user:pw@EXAMPLE.org/1#x\n',
      }),
    ).toEqual([
      'b.yaml:2: id "one" is already used at a.yaml:3',
      'b.yaml:4: url is already declared at a.yaml:2: "https://…@EXAMPLE.org/1#x"',
    ]);
  });

  it('name both positions of a second site', async () => {
    expect(await errorsOf({ 'a.yaml': '\nsite: {}', 'b.yaml': 'site: { title: B }' })).toEqual([
      'b.yaml:1: site is already declared at a.yaml:2',
    ]);
  });

  it('name an unset variable with its line', async () => {
    const files = { 'a.yaml': `sources:\n  - url: https://example.org/\n    headers:\n      X-A: "\${NOPE}"\n` };
    expect(await errorsOf(files)).toEqual(['a.yaml:4: the environment variable NOPE is not set']);
    expect(await errorsOf(files, { NOPE: 'set' })).toEqual([]);
  });

  it('never quote a secret', async () => {
    const folder = makeFolder({
      'a.yaml': `sources:
  - url: "ftp://me:pa55@example.org/\${TOKEN}"
  - url: https://example.org/1
    headers: { Authorization: "Bearer \${TOKEN}\\n" }
  - url: https://example.org/2
    title: "a\\n\${TOKEN}"
  - url: "https://me:\${TOKEN}@example.org/"
    headers: { authorization: pa55 }
`,
    });
    const lines = await problemsOf(readDeclarations(folder.dir, { TOKEN: 't0ken' }));
    expect(lines).toHaveLength(4);
    expect(lines.join('\n')).not.toMatch(/t0ken|pa55/);
  });

  it('report a file that is not text and a broken link', async () => {
    const folder = makeFolder();
    symlinkSync('nowhere.yaml', folder.path('a.yaml'));
    folder.write('b.yaml', new Uint8Array([0x61, 0xff]));
    const lines = await problemsOf(readDeclarations(folder.dir, {}));
    expect(lines).toEqual([
      expect.stringMatching(/^a\.yaml: the file is a broken symbolic link\./),
      expect.stringMatching(/^b\.yaml: the file is not UTF-8 text\./),
    ]);
  });

  it.skipIf(process.getuid?.() === 0)('name a file that the process has no permission to read', async () => {
    const folder = makeFolder({ 'a.yaml': 'sources: []' });
    chmodSync(folder.path('a.yaml'), 0);
    expect(await problemsOf(readDeclarations(folder.dir, {}))).toEqual([
      expect.stringContaining('a.yaml: the file cannot be read'),
    ]);
  });

  it('report a missing folder', async () => {
    const missing = path.join(makeFolder().dir, 'missing');
    expect(await problemsOf(readDeclarations(missing, {}))).toEqual([
      expect.stringMatching(/^FEEDS_DIR: the folder does not exist: /),
    ]);
  });

  it('are the only failure for files of any content', async () => {
    const folder = makeFolder();
    const words = [
      'sources:',
      '- url: https://example.org/',
      '  id: a',
      '&a',
      '*a',
      '[',
      '{',
      '"',
      "'",
      '\t',
      '|',
      '\n',
      ' ',
      '? ',
      '!!set',
      '$\u007bA}',
      ': ',
      '#',
      '%YAML 1.1\n---',
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 12 }), async (parts) => {
        folder.write('a.yaml', parts.join(''));
        await readDeclarations(folder.dir, {}).catch((error: unknown) => {
          if (!(error instanceof ConfigError)) throw error;
        });
      }),
      { numRuns: 300 },
    );
  });
});
