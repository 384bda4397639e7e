import { describe, expect, it } from 'vitest';
import { backOffMs, failureClass, isNetworkFailure, isTimeout } from '../../../src/schedule/rules/poll-backoff.ts';
import { dayMs, hourMs, minuteMs } from './poll-fixtures.ts';

describe('failureClass', () => {
  it('distinguishes refusals, content and local failures from transient ones', () => {
    expect(failureClass('challenge', 403)).toBe('refusal');
    expect(failureClass('not_feed', 200)).toBe('content');
    expect(failureClass('file_missing', null)).toBe('local');
    expect(failureClass('http_server_error', 500)).toBe('transient');
  });

  it.each([401, 403, 451])('treats status %d as a refusal', (status) => {
    expect(failureClass('http_client_error', status)).toBe('refusal');
  });

  it('classifies timeouts and network failures', () => {
    expect(isTimeout('slow_body')).toBe(true);
    expect(isTimeout('connect_error')).toBe(false);
    expect(isNetworkFailure('dns_error')).toBe(true);
    expect(isNetworkFailure('slow_body')).toBe(false);
  });
});

describe('backOffMs', () => {
  it('stays finite after any number of failures', () => {
    for (const failures of [0, 1, 50, 2_000, Number.MAX_SAFE_INTEGER]) {
      expect(backOffMs('transient', { failures, baseMs: hourMs, random: 1 })).toBeLessThanOrEqual(dayMs);
      expect(backOffMs('local', { failures, baseMs: hourMs, random: 1 })).toBeLessThanOrEqual(hourMs);
    }
  });

  it('applies jitter to the minimum delay of refusals', () => {
    const early = backOffMs('refusal', { failures: 1, baseMs: minuteMs, random: 0 });
    const late = backOffMs('refusal', { failures: 1, baseMs: minuteMs, random: 1 });
    expect(early).toBe(4 * hourMs);
    expect(late).toBeGreaterThan(early);
  });
});
