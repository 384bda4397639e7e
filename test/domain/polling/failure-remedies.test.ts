import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failureRemedies } from '../../../src/domain/polling/failure-remedies.ts';

const manual = readFileSync(new URL('../../../docs/OPERATING.md', import.meta.url), 'utf8');
const section = /### Failure codes\n([\s\S]*?)\n### /.exec(manual)?.[1] ?? '';

describe('the remedies of failures', () => {
  it('are sentences without full stop', () => {
    expect(Object.values(failureRemedies).filter((text) => !/^[A-Z].*[^.]$/.test(text))).toEqual([]);
  });

  it('cover the failure codes of docs/OPERATING.md, and no others', () => {
    const codes = section.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
    expect(codes.map((match) => match[1]).sort()).toEqual(Object.keys(failureRemedies).sort());
  });
});
