import { describe, expect, it } from 'vitest';
import { openFilesLimit } from '../../src/runtime/open-files.ts';

const text = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 4096                 files\n`;

describe('openFilesLimit', () => {
  it('is the soft limit', () => {
    expect(openFilesLimit(() => text('1024'))).toBe(1024);
  });

  it.each([
    ['it is unlimited', () => text('unlimited')],
    ['the system does not report it', () => ''],
    [
      'the system has no such file',
      () => {
        throw new Error('ENOENT');
      },
    ],
  ])('is taken to be large where %s', (_, read) => {
    expect(openFilesLimit(read)).toBe(65_536);
  });

  it('is a positive number for this process', () => {
    expect(openFilesLimit()).toBeGreaterThan(0);
  });
});
