import { describe, expect, it } from 'vitest';
import { closeCodes } from '../../../../src/web/live/protocol/close-codes.ts';
import {
  createSessionRegistry,
  type LiveSession,
  type SessionRegistry,
} from '../../../../src/web/live/session/session-registry.ts';

/** A session that ends after `bye`, or only when it is terminated. */
function join(
  sessions: SessionRegistry,
  options: { address?: string; hangs?: boolean; transport?: 'ws' | 'sse' } = {},
) {
  const messages: string[] = [];
  const session: LiveSession = {
    transport: options.transport ?? 'ws',
    bye({ reason }) {
      messages.push(reason);
      if (options.hangs !== true) leave();
    },
    terminate() {
      messages.push('terminated');
      leave();
    },
  };
  const leave = sessions.add(session, options.address ?? '127.0.0.1');
  return { messages, leave };
}

describe('createSessionRegistry', () => {
  it('counts sessions by their transport', () => {
    const sessions = createSessionRegistry({ maxPerAddress: 5, maxSessions: 5 });
    join(sessions);
    join(sessions, { transport: 'sse' });
    const { leave } = join(sessions);
    leave();
    leave();
    expect([sessions.size, sessions.count('ws'), sessions.count('sse')]).toEqual([2, 1, 1]);
  });

  it('refuses by the limit of the address first, then by that of the process', () => {
    const sessions = createSessionRegistry({ maxPerAddress: 1, maxSessions: 2 });
    join(sessions, { address: '192.0.2.1' });
    expect(sessions.refusalFor('192.0.2.1')).toBe('address');
    expect(sessions.refusalFor('192.0.2.2')).toBe(null);
    join(sessions, { address: '192.0.2.2' });
    expect(sessions.refusalFor('192.0.2.2')).toBe('address');
    expect(sessions.refusalFor('192.0.2.3')).toBe('process');
  });

  it('releases a session once, however often it is removed', () => {
    const sessions = createSessionRegistry({ maxPerAddress: 2, maxSessions: 9 });
    const { leave } = join(sessions, { address: '192.0.2.1' });
    join(sessions, { address: '192.0.2.1' });
    leave();
    leave();
    join(sessions, { address: '192.0.2.1' });
    expect(sessions.refusalFor('192.0.2.1')).toBe('address');
  });

  it('closes at once without sessions, and refuses new ones', async () => {
    const sessions = createSessionRegistry({ maxPerAddress: 1, maxSessions: 1 });
    await sessions.close(closeCodes.shutdown, 1e6);
    expect(sessions.refusalFor('192.0.2.1')).toBe('closing');
  });

  it('closes as soon as the last session has ended', async () => {
    const sessions = createSessionRegistry({ maxPerAddress: 1, maxSessions: 100 });
    const all = Array.from({ length: 60 }, () => join(sessions));
    await sessions.close(closeCodes.shutdown, 5000);
    expect(all.every(({ messages }) => messages.join() === 'shutdown')).toBe(true);
  });

  it('sends bye in batches, not to all sessions at once', async () => {
    const sessions = createSessionRegistry({ maxPerAddress: 1, maxSessions: 1000 });
    const all = Array.from({ length: 200 }, () => join(sessions));
    const closed = sessions.close(closeCodes.shutdown, 5000);
    expect(all.filter(({ messages }) => messages.length > 0).length).toBe(50);
    await closed;
    expect(all.every(({ messages }) => messages.join() === 'shutdown')).toBe(true);
  });

  it('terminates the remaining sessions when the time is over', async () => {
    const sessions = createSessionRegistry({ maxPerAddress: 1, maxSessions: 100 });
    const { messages } = join(sessions, { hangs: true });
    await sessions.close(closeCodes.shutdown, 20);
    expect(messages).toEqual(['shutdown', 'terminated']);
  });

  it('may be closed twice', async () => {
    const sessions = createSessionRegistry({ maxPerAddress: 1, maxSessions: 100 });
    join(sessions, { hangs: true });
    await Promise.all([sessions.close(closeCodes.shutdown, 20), sessions.close(closeCodes.shutdown, 20)]);
    expect(sessions.size).toBe(0);
  });
});
