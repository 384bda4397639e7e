import { describe, expect, it } from 'vitest';
import { formatTable } from '../../../src/cli/output/format-table.ts';
import { textWidth } from '../../../src/cli/output/text-width.ts';

const head = [{ title: 'ID' }, { title: 'N', align: 'right' }, { title: 'TITLE', canShrink: true }] as const;

describe('formatTable', () => {
  it('aligns columns without trailing spaces', () => {
    const rows = [
      ['a', '1', 'One'],
      ['longer', '100', ''],
    ];
    expect(formatTable(head, rows, null)).toBe('ID        N  TITLE\na         1  One\nlonger  100\n');
  });

  it('counts wide characters as two columns', () => {
    const rows = [
      ['世界', '1', 'x'],
      ['a', '2', 'y'],
    ];
    expect(formatTable(head, rows, null)).toBe('ID    N  TITLE\n世界  1  x\na     2  y\n');
  });

  it('removes control characters of a feed', () => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31mred\u202e';
    const table = formatTable(head, [['a', '1', hostile]], null);
    expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(table.split('\n')).toHaveLength(3);
  });

  it('shrinks only shrinkable columns, the widest first', () => {
    const wide = [{ title: 'ID', canShrink: true }, { title: 'KEPT' }, { title: 'TITLE', canShrink: true }];
    const rows = [['i'.repeat(20), 'k'.repeat(15), 't'.repeat(60)]];
    const lines = formatTable(wide, rows, 57).trimEnd().split('\n');
    expect(lines.map(textWidth).every((width) => width <= 57)).toBe(true);
    expect(lines[1]).toContain(`${'i'.repeat(18)}…`);
    expect(lines[1]).toContain('k'.repeat(15));
  });

  it('keeps part of every column on the narrowest terminal', () => {
    const line = formatTable(head, [['id', '1', 'a long title']], 5).split('\n')[1];
    expect(line).toBe('id  1  a long…');
  });

  it('is empty without rows', () => {
    expect(formatTable(head, [], 80)).toBe('');
  });
});
