import { describe, expect, it } from 'vitest';
import { printJson, printProblems } from '../../../src/cli/output/print.ts';
import { FakeIo } from '../fake-io.ts';

const problem = (where: string, what = 'is wrong') => ({ where, what, remedy: 'Fix it' });

describe('printProblems', () => {
  it('writes one line per problem to stderr, and their number', () => {
    const io = new FakeIo();
    printProblems(io, [problem('a.yaml:1'), problem('PORT')]);
    expect(io.stderr).toBe('a.yaml:1: is wrong. Fix it.\nPORT: is wrong. Fix it.\n\n2 errors.\n');
    expect(io.stdout).toBe('');
  });

  it('does not count a single problem, and prints nothing without problems', () => {
    const one = new FakeIo();
    printProblems(one, [problem('a.yaml:1')]);
    expect(one.stderr).toBe('a.yaml:1: is wrong. Fix it.\n');
    const none = new FakeIo();
    printProblems(none, []);
    expect(none.stderr).toBe('');
  });

  it('keeps a problem on one line, whatever it contains', () => {
    const io = new FakeIo();
    printProblems(io, [problem('a.yaml:1', 'holds \u001b[2J\r\nforged.yaml:9: is fine')]);
    expect(io.stderr).toBe('a.yaml:1: holds [2J forged.yaml:9: is fine. Fix it.\n');
  });
});

describe('printJson', () => {
  it('writes one document and a line break to stdout', () => {
    const io = new FakeIo();
    printJson(io, { a: [1] });
    expect(JSON.parse(io.stdout)).toEqual({ a: [1] });
    expect(io.stdout.endsWith('\n')).toBe(true);
  });
});
