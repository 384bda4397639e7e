import { describe, expect, it } from 'vitest';
import { demoteReportedErrors } from '../../src/runtime/log.ts';

/** A log that records the level of each line. */
function levels() {
  const kept: string[] = [];
  const at = (level: string) => () => void kept.push(level);
  return {
    kept,
    log: demoteReportedErrors({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }),
  };
}

describe('demoteReportedErrors', () => {
  it('logs an error that was reported already at debug level', () => {
    const { kept, log } = levels();
    const err = Object.assign(new Error('the disk is full'), { reported: true });
    log.error({ err }, 'a webhook could not be served');
    log.warn({ err }, 'the event log cannot be read');
    expect(kept).toEqual(['debug', 'debug']);
  });

  it('keeps the level of every other line', () => {
    const { kept, log } = levels();
    log.error({ err: new Error('planted') }, 'a fault of ours');
    log.warn({ err: 'text' }, 'odd');
    log.error({}, 'without an error');
    log.info({}, 'listening');
    log.debug({}, 'refreshed');
    expect(kept).toEqual(['error', 'warn', 'error', 'info', 'debug']);
  });
});
