import { describe, expect, it } from 'vitest';
import { adviceOnExit, StorageError, storageAdvice, storageFaults } from '../../src/domain/storage.ts';

describe('storageAdvice', () => {
  it.each(storageFaults)('promises a program that ends nothing: %s', (fault) => {
    const { what, remedy } = adviceOnExit(fault);
    expect(what).toBe(storageAdvice[fault].what);
    expect(remedy).not.toContain('resumes');
    expect(storageAdvice[fault].remedy.startsWith(remedy)).toBe(true);
  });

  it('tells a running server that writing resumes', () => {
    expect(new StorageError('full').message).toContain('writing resumes automatically.');
  });
});
