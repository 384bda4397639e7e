import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readSecretFile } from '../../../src/config/environment/secret-file.ts';
import { useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();

function readBytes(content: string | Uint8Array) {
  const folder = makeFolder();
  folder.write('secret', content);
  return readSecretFile(folder.path('secret'));
}

describe('readSecretFile', () => {
  it('returns the text without line breaks at its end', () => {
    expect(readBytes('s3cret value \r\n\n')).toEqual({ value: 's3cret value ' });
  });

  it('reads a file of 64 KB and refuses a larger one', () => {
    expect(readBytes('x'.repeat(65_536))).toEqual({ value: 'x'.repeat(65_536) });
    expect(readBytes('x'.repeat(65_537))).toMatchObject({ what: expect.stringContaining('is larger than 64 KB') });
  });

  it.each<[string, string | Uint8Array, string]>([
    ['is empty', '', 'is empty'],
    ['contains only line breaks', '\n\n', 'is empty'],
    ['contains two lines', 'hush\nhush', 'contains more than one line'],
    ['contains a control character', 'hush\u001b', 'contains more than one line, or control characters'],
    ['is not UTF-8', Uint8Array.of(0xff, 0xfe), 'is not UTF-8 text'],
  ])('refuses a file that %s, without quoting it', (_, content, what) => {
    const result = readBytes(content);
    expect(result).toMatchObject({ what: expect.stringContaining(what), remedy: expect.stringMatching(/./) });
    expect(JSON.stringify(result)).not.toContain('hush');
  });

  it('refuses a path that is missing or a folder', () => {
    const folder = makeFolder();
    expect(readSecretFile(folder.path('none'))).toMatchObject({
      what: `the file "${folder.path('none')}" does not exist`,
    });
    expect(readSecretFile(folder.dir)).toMatchObject({ what: `the file "${folder.dir}" is not a regular file` });
    expect(readSecretFile('a\0b')).toMatchObject({ what: expect.stringContaining('does not exist') });
  });

  it.skipIf(process.platform === 'win32')('does not wait for the writer of a pipe', () => {
    const pipe = makeFolder().path('pipe');
    execFileSync('mkfifo', [pipe]);
    expect(readSecretFile(pipe)).toMatchObject({ what: `the file "${pipe}" is not a regular file` });
  });
});
