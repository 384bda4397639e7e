import { describe, expect, it } from 'vitest';
import { isToken } from '../../../src/web/admin/token.ts';

describe('the operator’s token', () => {
  it('is itself and nothing else, whatever the length', () => {
    expect(isToken('correct-horse', 'correct-horse')).toBe(true);
    for (const given of ['', 'correct-hors', 'correct-horse ', 'Correct-horse', 'x'.repeat(10_000)]) {
      expect(isToken(given, 'correct-horse')).toBe(false);
    }
  });
});
