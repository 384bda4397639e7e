import { describe, expect, it } from 'vitest';
import { resolveReferences } from '../../../src/config/files/references.ts';

describe('resolveReferences', () => {
  it('puts variables in, at any depth', () => {
    const written = { headers: { Authorization: `Bearer \${TOKEN}` }, list: [`\${A}-\${B}`], number: 3, none: null };
    const { value, unset } = resolveReferences(written, { TOKEN: 't', A: '1', B: '2' });
    expect(value).toEqual({ headers: { Authorization: 'Bearer t' }, list: ['1-2'], number: 3, none: null });
    expect(unset).toEqual([]);
  });

  it('tells where a variable is missing, an empty one too', () => {
    const { unset } = resolveReferences({ a: [{ b: `\${NOPE}` }], c: `\${EMPTY}` }, { EMPTY: '' });
    expect(unset).toEqual([
      { path: ['a', 0, 'b'], name: 'NOPE' },
      { path: ['c'], name: 'EMPTY' },
    ]);
  });

  it('does not look into what a variable holds', () => {
    expect(resolveReferences(`\${A}`, { A: `\${B}`, B: 'secret' }).value).toBe(`\${B}`);
  });

  it('writes a doubled dollar as one, and leaves what is no reference', () => {
    const { value, unset } = resolveReferences(`$\${A} $5 \${1} $A {A}`, { A: 'x' });
    expect(value).toBe(`\${A} $5 \${1} $A {A}`);
    expect(unset).toEqual([]);
  });
});
