import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aFetcher, cleanUp, failed, fresh, outcomeCode, read, text } from './fetch-fixtures.ts';

cleanUp();

const feed = '<rss version="2.0"/>';
let top = '';
let feedsDir = '';

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'newswire-file-source-'));
  feedsDir = join(top, 'feeds');
  mkdirSync(join(feedsDir, 'more'), { recursive: true });
  writeFileSync(join(feedsDir, 'welcome.xml'), feed);
  writeFileSync(join(feedsDir, 'more', 'a b.xml'), feed);
  writeFileSync(join(top, 'secret.xml'), '<secret/>');
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

const reading = (url: string, known = {}, limits = {}) => read(aFetcher({ feedsDir, limits }), url, known);

describe('fetchSource of a local file', () => {
  it.each([
    'file:welcome.xml',
    'file:///welcome.xml',
    'file:more/a%20b.xml',
    'FILE:welcome.xml',
  ])('reads %s', async (url) => {
    const document = fresh(await reading(url));
    expect(text(document.body)).toBe(feed);
    expect(document).toMatchObject({ url, movedTo: null, freshnessLifetimeMs: null, contentType: null, links: [] });
    expect(document.facts).toMatchObject({ status: null, bytes: feed.length, redirects: 0, notes: [] });
  });

  it('reads an absolute path inside the folder', async () => {
    expect(outcomeCode(await reading(pathToFileURL(join(feedsDir, 'welcome.xml')).href))).toBe('fresh');
  });

  it('reads through a folder that is a symbolic link', async () => {
    symlinkSync(feedsDir, join(top, 'linked'));
    const fetcher = aFetcher({ feedsDir: join(top, 'linked') });
    expect(outcomeCode(await read(fetcher, pathToFileURL(join(top, 'linked', 'welcome.xml')).href))).toBe('fresh');
    expect(outcomeCode(await read(fetcher, 'file:welcome.xml'))).toBe('fresh');
  });

  it('follows a symbolic link inside the folder', async () => {
    symlinkSync('welcome.xml', join(feedsDir, 'link.xml'));
    expect(outcomeCode(await reading('file:link.xml'))).toBe('fresh');
  });

  it('detects an unchanged file by its content', async () => {
    const { bodyHash } = fresh(await reading('file:welcome.xml'));
    expect(await reading('file:welcome.xml', { bodyHash })).toMatchObject({
      kind: 'not-modified',
      by: 'body',
      validators: { etag: null, lastModified: null },
    });
    writeFileSync(join(feedsDir, 'welcome.xml'), '<new/>');
    expect(text(fresh(await reading('file:welcome.xml', { bodyHash })).body)).toBe('<new/>');
  });

  it('reports a missing file', async () => {
    expect(outcomeCode(await reading('file:missing.xml'))).toBe('file_missing');
    expect(outcomeCode(await reading('file:welcome.xml/below.xml'))).toBe('file_missing');
    expect(outcomeCode(await read(aFetcher({ feedsDir: join(top, 'nowhere') }), 'file:welcome.xml'))).toBe(
      'file_missing',
    );
  });

  // A parsed URL contains no "..": each of these is a missing file inside the folder.
  it.each([
    'file:../secret.xml',
    'file:more/../../secret.xml',
    'file:%2e%2e/secret.xml',
    'file:///etc/passwd',
  ])('does not leave the folder for %s', async (url) => {
    expect(outcomeCode(await reading(url))).toBe('file_missing');
  });

  it('does not leave the folder through a symbolic link', async () => {
    symlinkSync(join(top, 'secret.xml'), join(feedsDir, 'link.xml'));
    symlinkSync(top, join(feedsDir, 'up'));
    expect(outcomeCode(await reading('file:link.xml'))).toBe('file_unreadable');
    expect(outcomeCode(await reading('file:up/secret.xml'))).toBe('file_unreadable');
    expect(outcomeCode(await reading(pathToFileURL(join(top, 'secret.xml')).href))).not.toBe('fresh');
  });

  it('distinguishes a sibling folder with the same name prefix', async () => {
    mkdirSync(join(top, 'feeds-old'));
    writeFileSync(join(top, 'feeds-old', 'x.xml'), feed);
    symlinkSync(join(top, 'feeds-old', 'x.xml'), join(feedsDir, 'x.xml'));
    expect(outcomeCode(await reading('file:x.xml'))).toBe('file_unreadable');
  });

  it.each([
    'file://host/welcome.xml',
    'file:%00',
    'file:more%2Fa.xml',
    'file:..%2Fsecret.xml',
  ])('rejects %s as file URL', async (url) => {
    expect(outcomeCode(await reading(url))).toBe('bad_url');
  });

  it('does not read the folder itself', async () => {
    expect(outcomeCode(await reading('file:'))).toBe('file_unreadable');
    expect(outcomeCode(await reading('file:///'))).toBe('file_unreadable');
  });

  it('reads regular files only and does not block on a pipe', async () => {
    execFileSync('mkfifo', [join(feedsDir, 'pipe.xml')]);
    expect(outcomeCode(await reading('file:more'))).toBe('file_unreadable');
    expect(outcomeCode(await reading('file:pipe.xml'))).toBe('file_unreadable');
  });

  it.skipIf(process.getuid?.() === 0)('reports a file without read permission as a failure', async () => {
    chmodSync(join(feedsDir, 'welcome.xml'), 0);
    expect(failed(await reading('file:welcome.xml'))).toMatchObject({
      failure: 'file_unreadable',
      detail: 'The file cannot be read (EACCES). Check its permissions',
    });
  });

  it('rejects a file over the limit and accepts one of exactly the limit', async () => {
    expect(outcomeCode(await reading('file:welcome.xml', {}, { maxBodyBytes: feed.length }))).toBe('fresh');
    expect(outcomeCode(await reading('file:welcome.xml', {}, { maxBodyBytes: feed.length - 1 }))).toBe(
      'body_too_large',
    );
  });

  it('treats an empty file as a failure', async () => {
    writeFileSync(join(feedsDir, 'welcome.xml'), '');
    expect(outcomeCode(await reading('file:welcome.xml'))).toBe('empty');
  });

  it('contains no path of the machine in failure details', async () => {
    for (const url of ['file:missing.xml', 'file:more', 'file:../secret.xml']) {
      expect(failed(await reading(url)).detail).not.toContain(top);
    }
  });
});
