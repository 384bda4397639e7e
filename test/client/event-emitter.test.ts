import { describe, expect, it } from 'vitest';
import type { ClientError } from '../../src/client/client-types.ts';
import { ConnectionAborted, EventEmitter } from '../../src/client/event-emitter.ts';

function fail(): never {
  throw new Error('no');
}

describe('EventEmitter', () => {
  it('calls listeners one after the other and waits for each', async () => {
    const herald = new EventEmitter();
    const calls: string[] = [];
    herald.add('live', async () => {
      calls.push('a begins');
      await new Promise((resolve) => setImmediate(resolve));
      calls.push('a ends');
    });
    herald.add('live', ({ cursor }) => void calls.push(`b ${cursor}`));
    await herald.emit('live', { cursor: 'e1-1' });
    expect(calls).toEqual(['a begins', 'a ends', 'b e1-1']);
  });

  it('does not call a removed listener', async () => {
    const herald = new EventEmitter();
    const listener = () => expect.unreachable('it was taken off');
    herald.add('live', listener);
    herald.remove('live', listener);
    await herald.emit('live', { cursor: 'e1-1' });
  });

  it('aborts the connection when a listener throws, and names the event', async () => {
    const herald = new EventEmitter();
    const problems: ClientError[] = [];
    herald.add('error', (problem) => void problems.push(problem));
    herald.add('live', fail);
    herald.add('live', () => expect.unreachable('the one before failed'));
    await expect(herald.emit('live', { cursor: 'e1-1' })).rejects.toThrow(ConnectionAborted);
    expect(problems).toEqual([
      { code: 'handler_failed', message: "a listener of 'live' failed", fatal: false, cause: new Error('no') },
    ]);
  });

  it('emits a state once', async () => {
    const herald = new EventEmitter();
    const states: string[] = [];
    herald.add('state', (state) => void states.push(state));
    for (const state of ['connecting', 'live', 'live', 'waiting'] as const) await herald.setState(state);
    expect(states).toEqual(['live', 'waiting']);
  });

  it('continues when a state listener throws', async () => {
    const herald = new EventEmitter();
    const problems: ClientError[] = [];
    herald.add('error', (problem) => void problems.push(problem));
    herald.add('state', fail);
    await herald.setState('live');
    expect(herald.state).toBe('live');
    expect(problems).toHaveLength(1);
  });

  it('emits nothing after it is closed, and stays closed', async () => {
    const herald = new EventEmitter();
    await herald.setState('closed');
    herald.add('live', () => expect.unreachable('it is closed'));
    herald.add('state', () => expect.unreachable('it is closed'));
    await herald.emit('live', { cursor: 'e1-1' });
    await herald.setState('live');
    expect(herald.state).toBe('closed');
  });
});
