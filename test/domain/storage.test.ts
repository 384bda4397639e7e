import { describe, expect, it } from 'vitest';
import { adviceOnExit, StorageError, storageAdvice, storageFaults } from '../../src/domain/storage.ts';

describe('the advice for a storage fault', () => {
  it.each(storageFaults)('does not say that writing resumes when the program exits: %s', (fault) => {
    const { what, remedy } = adviceOnExit(fault);
    expect(what).toBe(storageAdvice[fault].what);
    expect(remedy).not.toContain('resumes');
    expect(storageAdvice[fault].remedy.startsWith(remedy)).toBe(true);
  });

  it('says that writing resumes while a server runs', () => {
    expect(new StorageError('full').message).toContain('writing resumes automatically.');
  });
});
