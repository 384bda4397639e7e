import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/runtime/log.ts';
import { formatLogLine } from '../../src/runtime/pretty-log.ts';

const time = '2026-01-15T12:00:00.000Z';
const clockText = new Date(time).toTimeString().slice(0, 8);

function format(facts: object, isColoured = false): string {
  return formatLogLine(JSON.stringify({ level: 30, time, msg: 'refresh failed', ...facts }), { isColoured });
}

describe('formatLogLine', () => {
  it('prints time, level, message and fields on one line', () => {
    expect(format({ source: 'example', added: 2, detail: 'HTTP 404: not found', ids: [1] })).toBe(
      `${clockText} INFO  refresh failed source=example added=2 detail="HTTP 404: not found" ids=[1]\n`,
    );
  });

  it('prints the remedy as a sentence on a line of its own', () => {
    expect(format({ remedy: 'Correct the url' })).toBe(
      `${clockText} INFO  refresh failed\n${' '.repeat(15)}Correct the url.\n`,
    );
  });

  it('prints the stack of an error below the message', () => {
    const stack = 'Error: no disk\n    at write (file.ts:1:2)';
    const lines = format({ level: 50, err: { type: 'Error', message: 'no disk', stack } }).split('\n');
    expect(lines).toEqual([
      `${clockText} ERROR refresh failed`,
      `${' '.repeat(15)}Error: no disk`,
      `${' '.repeat(15)}  at write (file.ts:1:2)`,
      '',
    ]);
  });

  it('removes control characters from every part', () => {
    const bad = 'a\u001b[31m\nb\u009b\u202e';
    const text = format({ msg: bad, [bad]: bad, remedy: bad, list: [bad], err: { stack: `${bad}\u0007` } }, false);
    expect(text.replace(/\n/g, '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text.split('\n')).toHaveLength(5);
  });

  it('colours time, level and fields only for a terminal', () => {
    expect(format({ level: 40, a: 1 }, true)).toContain('\u001b[33mWARN \u001b[0m');
    expect(format({ level: 40, a: 1 })).not.toContain('\u001b');
  });
});

describe('createLog', () => {
  it('writes text for people at its level', () => {
    const written: string[] = [];
    const log = createLog('warn', { isColoured: false, write: (text) => void written.push(text) });
    log.info({}, 'not written');
    log.warn({ err: new Error('no disk'), a: 1 }, 'failed');
    expect(written.join('')).toMatch(/^\d\d:\d\d:\d\d WARN {2}failed a=1\n {15}Error: no disk\n {15} {2}at /);
  });
});
