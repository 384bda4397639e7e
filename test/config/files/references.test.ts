import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nameReferences, References } from '../../../src/config/files/references.ts';
import { useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();

describe('References.resolve', () => {
  it('replaces references at any depth', () => {
    const written = { headers: { Authorization: `Bearer \${TOKEN}` }, list: [`\${A}-\${B}`], number: 3, none: null };
    const { value, problems } = new References({ TOKEN: 't', A: '1', B: '2' }).resolve(written);
    expect(value).toEqual({ headers: { Authorization: 'Bearer t' }, list: ['1-2'], number: 3, none: null });
    expect(problems).toEqual([]);
  });

  it('reports unset and empty variables with their path', () => {
    const { problems } = new References({ EMPTY: '' }).resolve({ a: [{ b: `\${NOPE}` }], c: `\${EMPTY}` });
    expect(problems).toMatchObject([
      { path: ['a', 0, 'b'], what: 'the environment variable NOPE is not set' },
      { path: ['c'], what: 'the environment variable EMPTY is not set' },
    ]);
  });

  it('does not resolve references in values', () => {
    const file = makeFolder({ secret: `\${B}` }).path('secret');
    const references = new References({ A: `\${B}`, B: 'secret' });
    expect(references.resolve(`\${A} \${file:${file}}`).value).toBe(`\${B} \${B}`);
  });

  it('unescapes a doubled dollar and keeps other text', () => {
    const written = `$\${A} $\${file:/a} $5 \${1} $A {A}`;
    const { value, problems } = new References({ A: 'x' }).resolve(written);
    expect(value).toBe(`\${A} \${file:/a} $5 \${1} $A {A}`);
    expect(problems).toEqual([]);
  });

  it('replaces a reference to a file by the line in it', () => {
    const file = makeFolder({ secret: 's3cret\n' }).path('secret');
    const { value, problems } = new References({}).resolve({ url: `https://example.org/?t=\${file:${file}}` });
    expect(value).toEqual({ url: 'https://example.org/?t=s3cret' });
    expect(problems).toEqual([]);
  });

  it('reports a file that is missing, and a path that is not absolute', () => {
    const { problems } = new References({}).resolve([`\${file:/nowhere/secret}`, `\${file:secret}`]);
    expect(problems).toMatchObject([
      { path: [0], what: 'the file "/nowhere/secret" does not exist' },
      { path: [1], what: `the path in \${file:…} is not absolute: "secret"` },
    ]);
  });
});

describe('References.mask', () => {
  it('masks variables and files, and returns their values', () => {
    const file = makeFolder({ secret: 's3cret' }).path('secret');
    const masked = new References({ A: 'alpha' }).mask(`https://example.org/\${A}/\${file:${file}}/$\${B}/\${UNSET}`);
    expect(masked).toEqual({ masked: `https://example.org/***/***/\${B}/***`, secrets: ['alpha', 's3cret'] });
  });

  it('returns the value that was resolved, even if the file has changed since', () => {
    const file = makeFolder({ secret: 'before' }).path('secret');
    const references = new References({});
    references.resolve(`\${file:${file}}`);
    writeFileSync(file, 'after');
    expect(references.mask(`\${file:${file}}`).secrets).toEqual(['before']);
  });
});

describe('nameReferences', () => {
  it('replaces a reference by the name of the variable or of the file', () => {
    expect(nameReferences(`/\${TOKEN}/\${file:/run/secrets/hook}/$\${x`)).toBe(`/TOKEN/hook/\${x`);
  });
});
