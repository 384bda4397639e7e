import { describe, expect, it } from 'vitest';
import { failure, ok, warning } from '../../../src/cli/doctor/finding.ts';
import { formatFindings, summarise } from '../../../src/cli/doctor/format-findings.ts';

const findings = [
  ok('node', 'Node 24.21.0'),
  warning(
    'public-url',
    'X-Forwarded-For of the proxy 127.0.0.1 is ignored: all readers share one limit',
    'Set TRUSTED_PROXIES=127.0.0.1',
  ),
  failure('feeds', `sources.yaml:3: the file "/run/secrets/${'x'.repeat(100)}" does not exist`, 'Create it'),
];

describe('formatFindings', () => {
  it('prints status, check, detail and remedy within 80 columns', () => {
    const text = formatFindings(findings, 80);
    expect(text.split('\n').slice(0, 5)).toEqual([
      'ok       node        Node 24.21.0',
      'warning  public-url  X-Forwarded-For of the proxy 127.0.0.1 is ignored: all',
      '                     readers share one limit',
      '                     Set TRUSTED_PROXIES=127.0.0.1.',
      'error    feeds       sources.yaml:3: the file',
    ]);
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('prints one line for each finding into a pipe', () => {
    expect(formatFindings(findings.slice(1, 2), null)).toBe(
      'warning  public-url  X-Forwarded-For of the proxy 127.0.0.1 is ignored: all readers share one limit. ' +
        'Set TRUSTED_PROXIES=127.0.0.1.\n',
    );
  });

  it('removes control characters', () => {
    const text = formatFindings([failure('feeds', 'a\u001b[31m\nb\u202e', 'c\u0007')], 80);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text.split('\n')).toHaveLength(3);
  });

  it('keeps a readable width on a terminal of 20 columns', () => {
    expect(formatFindings(findings, 20)).toContain('Node 24.21.0');
  });
});

describe('summarise', () => {
  it('counts findings by status', () => {
    expect(summarise(findings)).toBe('3 checks: 1 ok, 1 warning, 1 error.');
    expect(summarise([ok('node', '')])).toBe('1 check: 1 ok, 0 warnings, 0 errors.');
  });
});
