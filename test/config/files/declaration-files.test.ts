import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDeclarationFiles } from '../../../src/config/files/declaration-files.ts';
import { ConfigError } from '../../../src/domain/config-error.ts';
import { useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();

describe('readDeclarationFiles', () => {
  it('reads YAML and OPML files in the order of their names, byte for byte', async () => {
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
  ])('leaves %s alone', async (name) => {
    const files = await readDeclarationFiles(makeFolder({ [name]: 'x' }).dir);
    expect([...files.keys()]).toEqual([]);
  });

  it('reads through a link, as a mounted configuration is made of them', async () => {
    const folder = makeFolder({ '..2024/a.yaml': 'sources: []' });
    symlinkSync('..2024', folder.path('..data'));
    symlinkSync('..data/a.yaml', folder.path('a.yaml'));
    const files = await readDeclarationFiles(folder.dir);
    expect(files.get('a.yaml')).toEqual({ kind: 'read', bytes: Buffer.from('sources: []') });
  });

  it('takes no folder for a file', async () => {
    const folder = makeFolder();
    mkdirSync(folder.path('a.yaml'));
    expect((await readDeclarationFiles(folder.dir)).size).toBe(0);
  });

  it('reads no file that is larger than any that a person writes', async () => {
    const folder = makeFolder({ 'a.yaml': '' });
    truncateSync(folder.path('a.yaml'), 16 * 1024 * 1024 + 1);
    const files = await readDeclarationFiles(folder.dir);
    expect(files.get('a.yaml')).toEqual({ kind: 'unreadable', reason: 'is larger than 16 MB' });
  });

  it('tells a folder that is not there from one that is no folder', async () => {
    const folder = makeFolder({ file: '' });
    await expect(readDeclarationFiles(folder.path('missing'))).rejects.toThrow('the folder does not exist');
    await expect(readDeclarationFiles(folder.path('file'))).rejects.toThrow('the folder cannot be read (ENOTDIR)');
    await expect(readDeclarationFiles(folder.path('missing'))).rejects.toBeInstanceOf(ConfigError);
  });
});
