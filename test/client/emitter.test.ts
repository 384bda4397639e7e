import { describe, expect, it } from 'vitest';
import { Emitter } from '../../src/client/emitter.ts';

describe('Emitter', () => {
  it('calls listeners one after the other and waits for each', async () => {
    const emitter = new Emitter();
    const calls: string[] = [];
    emitter.add('state', async () => {
      calls.push('a begins');
      await new Promise((resolve) => setImmediate(resolve));
      calls.push('a ends');
    });
    emitter.add('state', (state) => void calls.push(`b ${state}`));
    await emitter.emit('state', 'live');
    expect(calls).toEqual(['a begins', 'a ends', 'b live']);
  });

  it('passes on what a listener throws', async () => {
    const emitter = new Emitter();
    emitter.add('live', () => {
      throw new Error('no');
    });
    emitter.add('live', () => expect.unreachable('the one before failed'));
    await expect(emitter.emit('live', { cursor: 'e1-1' })).rejects.toThrow('no');
  });

  it('calls nobody who was taken off', async () => {
    const emitter = new Emitter();
    const listener = () => expect.unreachable('it was taken off');
    emitter.add('live', listener);
    emitter.remove('live', listener);
    await emitter.emit('live', { cursor: 'e1-1' });
  });
});
