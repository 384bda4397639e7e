import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDeclarationFiles } from '../../../src/config/files/declaration-files.ts';
import { ConfigError } from '../../../src/domain/config-error.ts';
import { useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();

describe('readDeclarationFiles', () => {
  it('reads YAML and OPML files in order of their names, byte for byte', async () => {
    const folder = makeFolder({ 'c.opml': '<opml/>', 'b.yml': 'b: 1\r\n', 'a.yaml': '', 'B.YAML': 'x' });
    const files = await readDeclarationFiles(folder.dir);
    expect([...files.keys()]).toEqual(['B.YAML', 'a.yaml', 'b.yml', 'c.opml']);
    expect(files.get('b.yml')).toEqual({ kind: 'read', bytes: Buffer.from('b: 1\r\n') });
    expect(files.get('a.yaml')).toEqual({ kind: 'read', bytes: Buffer.alloc(0) });
  });

  it.each([
    '.a.yaml',
    '.a.yaml.swp',
    'a.yaml~',
    '#a.yaml#',
    'a.yaml.bak',
    'a.xml',
    'yaml',
    '..data',
  ])('ignores %s', async (name) => {
    const files = await readDeclarationFiles(makeFolder({ [name]: 'x' }).dir);
    expect([...files.keys()]).toEqual([]);
  });

  it('follows symbolic links, as in a mounted configuration', async () => {
    const folder = makeFolder({ '..2024/a.yaml': 'sources: []' });
    symlinkSync('..2024', folder.path('..data'));
    symlinkSync('..data/a.yaml', folder.path('a.yaml'));
    const files = await readDeclarationFiles(folder.dir);
    expect(files.get('a.yaml')).toEqual({ kind: 'read', bytes: Buffer.from('sources: []') });
  });

  it('ignores a folder', async () => {
    const folder = makeFolder();
    mkdirSync(folder.path('a.yaml'));
    expect((await readDeclarationFiles(folder.dir)).size).toBe(0);
  });

  it('rejects a file over 16 MB', async () => {
    const folder = makeFolder({ 'a.yaml': '' });
    truncateSync(folder.path('a.yaml'), 16 * 1024 * 1024 + 1);
    const files = await readDeclarationFiles(folder.dir);
    expect(files.get('a.yaml')).toEqual({ kind: 'unreadable', reason: 'is larger than 16 MB' });
  });

  it('distinguishes a missing folder from one that is not a folder', async () => {
    const folder = makeFolder({ file: '' });
    await expect(readDeclarationFiles(folder.path('missing'))).rejects.toThrow('the folder does not exist');
    await expect(readDeclarationFiles(folder.path('file'))).rejects.toThrow('the folder cannot be read (ENOTDIR)');
    await expect(readDeclarationFiles(folder.path('missing'))).rejects.toBeInstanceOf(ConfigError);
  });
});
