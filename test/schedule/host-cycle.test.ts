import { describe, expect, it } from 'vitest';
import { hostCycles } from '../../src/schedule/host-cycle.ts';

const sources = [
  ...Array.from({ length: 5_000 }, (_, n) => ({ url: `https://big.example.org/${n}` })),
  { url: 'https://small.example.org/feed' },
  { url: 'file:///feeds/welcome.xml' },
  { url: 'not a url' },
];

describe('hostCycles', () => {
  const cycleOf = hostCycles(sources, 1_000);

  it('takes the gap once for each source of the host', () => {
    expect(cycleOf('https://big.example.org/7')).toBe(5_000_000);
    expect(cycleOf('https://small.example.org/feed')).toBe(1_000);
  });

  it('is nothing for local files and for hosts without a declared source', () => {
    expect(cycleOf('file:///feeds/welcome.xml')).toBe(0);
    expect(cycleOf('https://adopted.example.com/feed')).toBe(0);
    expect(cycleOf('not a url')).toBe(0);
  });
});
