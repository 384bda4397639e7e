import { describe, expect, it } from 'vitest';
import { resolveReferences } from '../../../src/config/files/references.ts';

describe('resolveReferences', () => {
  it('replaces references at any depth', () => {
    const written = { headers: { Authorization: `Bearer \${TOKEN}` }, list: [`\${A}-\${B}`], number: 3, none: null };
    const { value, unset } = resolveReferences(written, { TOKEN: 't', A: '1', B: '2' });
    expect(value).toEqual({ headers: { Authorization: 'Bearer t' }, list: ['1-2'], number: 3, none: null });
    expect(unset).toEqual([]);
  });

  it('reports unset and empty variables with their path', () => {
    const { unset } = resolveReferences({ a: [{ b: `\${NOPE}` }], c: `\${EMPTY}` }, { EMPTY: '' });
    expect(unset).toEqual([
      { path: ['a', 0, 'b'], name: 'NOPE' },
      { path: ['c'], name: 'EMPTY' },
    ]);
  });

  it('does not resolve references in values of variables', () => {
    expect(resolveReferences(`\${A}`, { A: `\${B}`, B: 'secret' }).value).toBe(`\${B}`);
  });

  it('unescapes a doubled dollar and keeps other text', () => {
    const { value, unset } = resolveReferences(`$\${A} $5 \${1} $A {A}`, { A: 'x' });
    expect(value).toBe(`\${A} $5 \${1} $A {A}`);
    expect(unset).toEqual([]);
  });
});
