import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { showProgress } from '../../../src/cli/output/progress.ts';

/** A terminal that records the output. */
class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns = 80;
  drawn = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.drawn += chunk.toString();
    done();
  }
}

describe('showProgress', () => {
  it('draws a bar on a terminal and removes it at the end', () => {
    const terminal = new Terminal();
    const progress = showProgress(terminal, 30, 'parsed');
    expect(terminal.drawn).toContain('0/30');
    for (let step = 0; step < 30; step += 1) progress.step();
    progress.end();
    expect(terminal.drawn).toContain('parsed');
    // The last sequence erases the line.
    expect(terminal.drawn).toMatch(/30\/30, .*\x1b\[2K$/s);
  });

  it('does not change cursor and wrapping, which an interrupted command could not restore', () => {
    const terminal = new Terminal();
    showProgress(terminal, 30, 'parsed').end();
    expect(terminal.drawn).not.toMatch(/\x1b\[\?(?:25|7)[lh]/);
  });

  it('draws no bar for a short run', () => {
    const terminal = new Terminal();
    const progress = showProgress(terminal, 5, 'parsed');
    progress.step();
    progress.end();
    expect(terminal.drawn).toBe('');
  });

  it('works without a terminal', () => {
    const progress = showProgress(null, 1000, 'parsed');
    progress.step();
    expect(() => progress.end()).not.toThrow();
  });
});
