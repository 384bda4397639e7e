import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openTarget, readIndex } from '../../../src/cli/shared/parse-targets.ts';
import { problemsOf, useFolders } from '../../config/temporary-folder.ts';

const makeFolder = useFolders();

describe('readIndex', () => {
  it('lists each document with its metadata, relative to the folder of the index', async () => {
    const lines = [
      { file: 'files/a.xml', content_type: 'text/xml; charset=latin1', base_url: 'https://example.org/a.xml' },
      { file: 'b.json', tags: ['cdata'] },
    ];
    const folder = makeFolder({ 'index.jsonl': `${lines.map((line) => JSON.stringify(line)).join('\n')}\n\n` });
    expect(await readIndex(folder.path('index.jsonl'))).toEqual([
      {
        file: 'files/a.xml',
        path: folder.path('files/a.xml'),
        contentType: 'text/xml; charset=latin1',
        url: 'https://example.org/a.xml',
      },
      { file: 'b.json', path: folder.path('b.json'), contentType: null, url: '' },
    ]);
  });

  it('reports every line without a file', async () => {
    const text = ['{"file": "a.xml"}', '{"file": 7}', 'a.xml', '["a.xml"]', 'null'].join('\n');
    const folder = makeFolder({ 'index.jsonl': text });
    const mistakes = await problemsOf(readIndex(folder.path('index.jsonl')));
    expect(mistakes.map((line) => line.split(':').slice(0, 2).join(':'))).toEqual([
      'index.jsonl:2',
      'index.jsonl:3',
      'index.jsonl:4',
      'index.jsonl:5',
    ]);
  });

  it('reports a missing index', async () => {
    await expect(readIndex('nowhere/index.jsonl')).rejects.toThrow('nowhere/index.jsonl: no such file');
  });
});

describe('openTarget', () => {
  const target = (path: string) => ({ file: path, path, contentType: null, url: '' });

  it('returns the bytes of a file', async () => {
    const folder = makeFolder({ 'a.xml': '<rss/>' });
    const opened = await openTarget(target(folder.path('a.xml')));
    expect(opened.kind === 'opened' && Buffer.from(opened.body).toString()).toBe('<rss/>');
  });

  it('returns why a file cannot be read', async () => {
    const folder = makeFolder();
    expect(await openTarget(target(folder.path('none.xml')))).toEqual({
      kind: 'closed',
      failure: 'file_missing',
      detail: 'no such file',
    });
    expect(await openTarget(target(folder.dir))).toEqual({
      kind: 'closed',
      failure: 'file_unreadable',
      detail: 'is a directory',
    });
  });

  it('applies the size limit of fetched documents', async () => {
    const folder = makeFolder({ 'big.xml': '' });
    truncateSync(folder.path('big.xml'), 20 * 1024 * 1024 + 1);
    expect(await openTarget(target(folder.path('big.xml')))).toMatchObject({ failure: 'body_too_large' });
    truncateSync(folder.path('big.xml'), 20 * 1024 * 1024);
    expect(await openTarget(target(folder.path('big.xml')))).toMatchObject({ kind: 'opened' });
  });
});
